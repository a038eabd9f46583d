#include "ledger/interop/stix_import.h"
