#include "ledger/log/verify_proof.h"
