#include "ledger/crypto/hash.h"
