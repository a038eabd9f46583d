#include "ledger/model/portion.h"
