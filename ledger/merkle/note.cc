#include "ledger/merkle/note.h"
