#include "ledger/merkle/checkpoint.h"
