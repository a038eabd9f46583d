#include "ledger/model/vocabulary.h"
