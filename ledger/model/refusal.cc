#include "ledger/model/refusal.h"
