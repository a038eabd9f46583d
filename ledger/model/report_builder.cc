#include "ledger/model/report_builder.h"
