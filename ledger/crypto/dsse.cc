#include "ledger/crypto/dsse.h"
