#include "api/status.h"
