#include "ledger/views/provenance.h"
