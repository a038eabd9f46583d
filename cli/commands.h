// The command groups, one file each.
//
// Thread-safety: as Program.
#pragma once

#include "cli/program.h"

namespace sworn::cli {

void AddLedgerCommands(Program& program);       // init, serve, version
void AddLogCommand(Program& program);           // log
void AddCheckpointCommand(Program& program);    // checkpoint
void AddKeyCommands(Program& program);          // keygen, key add, key show, key list
void AddReportCommands(Program& program);       // report
void AddJudgementCommands(Program& program);    // retract, undo, supersede, dispute, confirm, grade, same, independent
void AddImportCommands(Program& program);       // import stix
void AddSupportCommand(Program& program);       // support
void AddLensCommands(Program& program);         // lens add, lens list, lens show
void AddListingCommands(Program& program);      // claims, contradictions, entities, sources
void AddSourceCommand(Program& program);        // source
void AddSearchCommand(Program& program);        // search
void AddShowCommand(Program& program);          // show
void AddHistoryCommand(Program& program);       // history
void AddProvenanceCommands(Program& program);   // trace, impact
void AddProofCommands(Program& program);        // prove, verify
void AddExportCommands(Program& program);       // export tiles, export entries
void AddAuditCommand(Program& program);         // audit
void AddMaintenanceCommands(Program& program);  // backup, restore
void AddFsckCommand(Program& program);          // fsck
void AddViewsCommands(Program& program);        // views status, views digest, views rebuild
void AddWatchCommand(Program& program);         // watch
void AddCompletionsCommand(Program& program);   // completions

}  // namespace sworn::cli
