#include "tessera_connector.h"
