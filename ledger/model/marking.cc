#include "ledger/model/marking.h"
