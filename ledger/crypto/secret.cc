#include "ledger/crypto/secret.h"
