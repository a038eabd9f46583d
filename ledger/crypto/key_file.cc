#include "ledger/crypto/key_file.h"
