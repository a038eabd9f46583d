#include "ledger/model/validate.h"
