#include "ledger/crypto/key.h"
