#include "ledger/interop/yaml_report.h"
