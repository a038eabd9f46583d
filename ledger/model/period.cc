#include "ledger/model/period.h"
