// The header holds all there is; a target needs one source.
#include "CMemory.h"
