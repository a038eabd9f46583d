#include "cli/program.h"

int main(int argument_count, char** arguments) { return sworn::cli::RunProgram(argument_count, arguments); }
