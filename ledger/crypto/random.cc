#include "ledger/crypto/random.h"
