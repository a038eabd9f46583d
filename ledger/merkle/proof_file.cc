#include "ledger/merkle/proof_file.h"
