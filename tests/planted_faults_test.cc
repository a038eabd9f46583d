// Plants every kind of fault in a real ledger, its exported tiles and its server, and has `sworn audit` find, name and
// locate it.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>

#include "absl/time/clock.h"
#include "ledger/crypto/key_file.h"
#include "ledger/journal/rocksdb/journal_damage.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/log/audit.h"
#include "ledger/log/audit_state.h"
#include "ledger/log/entries_file.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "ledger/log/view_digest.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/report_builder.h"
#include "ledger/model/text.h"
#include "ledger/views/engine.h"
#include "sworn/v1/ledger_service.pb.h"
#include "tests/command_line.h"

namespace sworn {
namespace {

using journal::StoredEntry;
using model::Concat;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

constexpr uint64_t kEntries = 300;
constexpr uint64_t kEarly = 200;     // size of the checkpoint that was kept elsewhere
constexpr uint64_t kFaulty = 100;    // where faults are planted
constexpr uint64_t kPromised = 250;  // position of the receipt that was saved

// A whole journal in memory, to be changed.
struct Record {
  std::vector<StoredEntry> entries;
  std::vector<merkle::Node> nodes;

  // What a forger computes again, so that the tree fits the entries.
  void Reseal() {
    nodes.clear();
    merkle::Tree tree;
    for (uint64_t position = 0; position < entries.size(); ++position) {
      entries[position].position = position;
      tree.Append(merkle::LeafHash(entries[position].entry), nodes);
    }
  }
  crypto::Hash Root() const {
    merkle::Tree tree;
    std::vector<merkle::Node> completed;
    for (const StoredEntry& entry : entries) tree.Append(merkle::LeafHash(entry.entry), completed);
    return tree.Root();
  }
};

v1::Portion EntityPortion(uint64_t number) {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  portion.mutable_entity()->set_name(Concat("entity ", number));
  portion.mutable_entity()->set_kind("organisation");
  return portion;
}

class PlantedFaults : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = directory_ + "/ledger";
    ExpectRun({"init", ledger_, "--origin", "test.example/ledger", "--author", "alice"});
    verifier_ = Ledger().verifier_key();
    WriteAll(vkey(), verifier_->ToString() + "\n");
    Fill();
  }

  log::LedgerDirectory Ledger() const { return log::LedgerDirectory::Open(ledger_).value(); }
  std::unique_ptr<journal::Journal> OpenJournal(journal::OpenMode mode) const {
    return journal::OpenRocksDbJournal(ledger_ + "/journal", mode).value();
  }
  std::string vkey() const { return directory_ + "/vkey"; }
  std::string early() const { return directory_ + "/early"; }
  std::string late() const { return directory_ + "/late"; }
  std::string receipt() const { return directory_ + "/receipt.json"; }
  std::string tiles() const { return directory_ + "/tiles"; }
  std::string entries() const { return directory_ + "/entries"; }
  std::string digest() const { return directory_ + "/digest"; }

  // Records reports, keeps a checkpoint, a receipt and a view digest elsewhere, and lets the views catch up.
  void Fill() {
    const crypto::PrivateKey author = crypto::ReadKeyFile(ledger_ + "/keys/author.pem", crypto::Secret()).value();
    const std::unique_ptr<log::Log> log = log::Log::Open(OpenJournal(journal::OpenMode::kWrite), *verifier_,
                                                         Ledger().ReadLedgerKey().value(), Ledger().guard_path(), {})
                                              .value();
    AppendUntil(*log, author, kEarly);
    WriteAll(early(), log->checkpoint());
    AppendUntil(*log, author, kPromised);
    SaveReceipt(AppendUntil(*log, author, kPromised + 1));
    AppendUntil(*log, author, kEntries);
    WriteAll(late(), log->checkpoint());
    const std::unique_ptr<views::ViewEngine> engine =
        views::ViewEngine::Start(log->journal(), journal::RowStore::Open(ledger_ + "/views").value(), views::AllViews(),
                                 log->size())
            .value();
    ASSERT_TRUE(engine->WaitForSize(kEntries, absl::InfiniteFuture()).ok());
    log::ViewDigest signed_digest;
    signed_digest.view = "support";
    signed_digest.version = 1;
    for (const v1::ViewStatus& view : engine->Status()) {
      if (view.name() == "support") signed_digest.version = view.version();
    }
    signed_digest.position = kFaulty;
    signed_digest.digest = engine->Digest("support", kFaulty).value();
    WriteAll(digest(), log->SignDigest(signed_digest).value());
  }

  // Records reports, many at a time; answers the receipt of the last one.
  static v1::Receipt AppendUntil(log::Log& log, const crypto::PrivateKey& author, uint64_t size) {
    std::vector<std::future<absl::StatusOr<log::Appended>>> answers;
    for (uint64_t number = log.size(); number < size; ++number) {
      model::ReportBuilder builder;
      builder.Add(EntityPortion(number));
      const auto answer = std::make_shared<std::promise<absl::StatusOr<log::Appended>>>();
      answers.push_back(answer->get_future());
      log.Append(builder.Sign({&author}, absl::Now()).value(),
                 [answer](absl::StatusOr<log::Appended> appended) { answer->set_value(std::move(appended)); });
    }
    v1::Receipt last;
    for (std::future<absl::StatusOr<log::Appended>>& answer : answers) {
      const absl::StatusOr<log::Appended> appended = answer.get();
      EXPECT_TRUE(appended.ok()) << appended.status();
      if (appended.ok()) last = appended->receipt;
    }
    EXPECT_EQ(log.size(), size);
    return last;
  }

  void SaveReceipt(const v1::Receipt& saved) const {
    v1::AppendReportResponse response;
    *response.mutable_receipt() = saved;
    std::string text;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(response, &text).ok());
    WriteAll(receipt(), text);
  }

  void Export() {
    ExpectRun({"export", "tiles", tiles(), "--ledger", ledger_});
    ExpectRun({"export", "entries", entries(), "--ledger", ledger_});
  }

  std::string SignCheckpoint(uint64_t size, const crypto::Hash& root) const {
    return merkle::SignCheckpoint({verifier_->name(), size, root}, *verifier_, Ledger().ReadLedgerKey().value())
        .value();
  }

  // Writes the journal anew, changed. `sign` also replaces every checkpoint the ledger has by one of the new tree.
  enum class Sign { kNo, kYes };
  void Plant(const std::function<void(Record&)>& change, Sign sign = Sign::kNo) const {
    Record record;
    std::string note;
    {
      const std::unique_ptr<journal::Journal> old = OpenJournal(journal::OpenMode::kReadOnly);
      record.entries = old->ReadRange(0, old->Size(), size_t{1} << 30U).value();
      record.nodes = old->ReadNodesCompletedBy(0, old->Size()).value();
      note = old->LoadCheckpoint().value();
    }
    ASSERT_EQ(record.entries.size(), kEntries);
    change(record);
    std::filesystem::remove_all(ledger_ + "/journal");
    const std::unique_ptr<journal::Journal> changed = OpenJournal(journal::OpenMode::kCreate);
    ASSERT_TRUE(changed->Append(0, {record.entries, record.nodes}).ok());
    if (sign == Sign::kYes) {
      note = SignCheckpoint(record.entries.size(), record.Root());
      WriteAll(ledger_ + "/checkpoint", note);
    }
    ASSERT_TRUE(changed->StoreCheckpoint(note).ok());
  }

  // Writes the file of entries anew, changed, whatever its order.
  void PlantInEntries(const std::function<void(std::vector<v1::RecordedEntry>&)>& change) const {
    std::vector<v1::RecordedEntry> recorded;
    {
      absl::StatusOr<log::EntriesFileReader> reader = log::EntriesFileReader::Open(entries());
      ASSERT_TRUE(reader.ok()) << reader.status();
      for (auto entry = reader->Next(); entry.ok() && entry->has_value(); entry = reader->Next()) {
        recorded.push_back(**std::move(entry));
      }
    }
    ASSERT_EQ(recorded.size(), kEntries);
    change(recorded);
    std::string file = Concat("sworn-entries/v1\n", verifier_->name(), "\n", recorded.size(), "\n");
    for (const v1::RecordedEntry& entry : recorded) {
      const std::string bytes = entry.SerializeAsString();
      for (size_t rest = bytes.size(); rest > 0; rest >>= 7U) {
        file.push_back(static_cast<char>((rest & 0x7fU) | (rest > 0x7f ? 0x80U : 0U)));
      }
      file += bytes;
    }
    WriteAll(entries(), file);
  }

  struct Found {
    int exit_code = -1;
    std::vector<std::string> findings;  // "check position" or "check"
    std::string details;
    std::string err;
    json report;
  };

  Found Audit(Arguments arguments) {
    arguments.insert(arguments.begin(), "audit");
    arguments.insert(arguments.end(), {"--trust", vkey(), "--format", "json"});
    const Outcome outcome = Run(arguments);
    Found found{outcome.exit_code, {}, "", outcome.err, json::parse(outcome.out, nullptr, false)};
    EXPECT_FALSE(found.report.is_discarded()) << outcome.out << outcome.err;
    if (found.report.is_discarded()) return found;
    for (const json& finding : found.report["findings"]) {
      std::string name = finding["check"];
      if (!finding["position"].is_null()) name += Concat(" ", finding["position"].get<uint64_t>());
      found.findings.push_back(name);
      found.details += finding["detail"].get<std::string>() + "\n";
    }
    return found;
  }
  Found AuditDirectory(Arguments more = {}) {
    more.insert(more.begin(), ledger_);
    return Audit(std::move(more));
  }
  Found AuditTiles(Arguments more = {}) {
    more.insert(more.begin(), {"--tiles", tiles(), "--entries", entries()});
    return Audit(std::move(more));
  }
  // Serves the ledger as it is, while `sworn audit --server` goes through it.
  Found AuditServer(Arguments more = {}) {
    const std::string address = "unix:" + directory_ + "/sock";
    const Daemon daemon({"serve", "--ledger", ledger_, "--listen", address}, directory_);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (Run({"log", "--limit", "1", "--server", address}).exit_code == 7) {
      EXPECT_LT(std::chrono::steady_clock::now(), give_up) << ReadAll(directory_ + "/daemon-err");
      if (std::chrono::steady_clock::now() > give_up) return {};
    }
    more.insert(more.begin(), {"--server", address});
    return Audit(std::move(more));
  }

  static void ExpectFound(const Found& found, const std::string& finding, const std::string& detail = "") {
    EXPECT_EQ(found.exit_code, 6) << found.err;
    EXPECT_THAT(found.findings, Contains(finding)) << found.details;
    EXPECT_THAT(found.details, HasSubstr(detail));
  }
  static void ExpectIntact(const Found& found) {
    EXPECT_EQ(found.exit_code, 0) << found.err;
    EXPECT_TRUE(found.findings.empty()) << found.details;
  }

  std::string ledger_;
  std::optional<merkle::VerifierKey> verifier_;
};

void FlipBit(std::string& bytes, size_t at) {
  bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ 1U);
}

void SwapEntries(Record& record) {
  std::swap(record.entries[kFaulty], record.entries[kFaulty + 1]);
  std::swap(record.entries[kFaulty].position, record.entries[kFaulty + 1].position);
}

void DropEntry(Record& record) {
  record.entries.erase(record.entries.begin() + kFaulty);
  record.Reseal();
}

void RollBack(Record& record) {
  record.entries.resize(kEarly);
  record.Reseal();
}

TEST_F(PlantedFaults, NothingIsFoundWhereNothingWasPlanted) {
  Export();
  const Arguments published = {"--checkpoint", early(),   "--checkpoint",  late(),
                               "--receipt",    receipt(), "--view-digest", digest()};
  const Found directory = AuditDirectory(published);
  ExpectIntact(directory);
  EXPECT_EQ(directory.report["signatures"], kEntries + 1);
  EXPECT_EQ(directory.report["receipts"], 1);
  EXPECT_EQ(directory.report["view_digests"], 1);
  EXPECT_TRUE(directory.report["views_compared"]);
  const Found tiles = AuditTiles(published);
  ExpectIntact(tiles);
  EXPECT_EQ(tiles.report["tiles"], 3) << "a full one and two partial ones";
  EXPECT_EQ(tiles.report["bundles"], 2);
  const Found server = AuditServer(published);
  ExpectIntact(server);
  EXPECT_EQ(server.report["view_digests"], 3) << "the one saved, and one of each view as of now";
}

TEST_F(PlantedFaults, ChangedPortion) {
  Export();
  PlantInEntries([](std::vector<v1::RecordedEntry>& recorded) {
    FlipBit(*recorded[kFaulty].mutable_portions(0)->mutable_content(), 8);
  });
  ExpectFound(AuditTiles(), Concat("portion root ", kFaulty));
  Plant([](Record& record) { FlipBit(record.entries[kFaulty].portions[0].content, 8); });
  ExpectFound(AuditDirectory(), Concat("portion ", kFaulty), "portion 0 does not hash to its id");
  ExpectFound(AuditServer(), Concat("storage ", kFaulty), "the server says");
}

TEST_F(PlantedFaults, SwappedEntries) {
  Export();
  PlantInEntries([](std::vector<v1::RecordedEntry>& recorded) {
    std::swap(recorded[kFaulty], recorded[kFaulty + 1]);
    recorded[kFaulty].set_position(kFaulty);
    recorded[kFaulty + 1].set_position(kFaulty + 1);
  });
  const Found tiles = AuditTiles();
  ExpectFound(tiles, Concat("tile ", kFaulty), "2 of 256 hashes differ");
  EXPECT_THAT(tiles.findings, Contains(Concat("bundle ", kFaulty)));
  EXPECT_THAT(tiles.findings, Contains("checkpoint"));

  Plant(SwapEntries);
  const Found found = AuditDirectory();
  ExpectFound(found, Concat("leaf ", kFaulty));
  ExpectFound(found, Concat("leaf ", kFaulty + 1));
}

TEST_F(PlantedFaults, SwappedEntriesUnderATreeMadeAnew) {
  Plant([](Record& record) {
    SwapEntries(record);
    record.Reseal();
  });
  ExpectFound(AuditDirectory({"--checkpoint", early()}), "checkpoint",
              Concat("they differ at a position from 0 to ", kEarly - 1));
}

TEST_F(PlantedFaults, SwappedEntriesOutOfOrderInTheFile) {
  Export();
  PlantInEntries([](std::vector<v1::RecordedEntry>& recorded) { std::swap(recorded[kFaulty], recorded[kFaulty + 1]); });
  ExpectFound(AuditTiles(), Concat("entry ", kFaulty), "it comes again, or too late");
}

TEST_F(PlantedFaults, DroppedEntry) {
  Export();
  PlantInEntries([](std::vector<v1::RecordedEntry>& recorded) { recorded.erase(recorded.begin() + kFaulty); });
  const Found tiles = AuditTiles();
  ExpectFound(tiles, Concat("storage ", kFaulty), "is missing");
  EXPECT_EQ(std::count(tiles.findings.begin(), tiles.findings.end(), "checkpoint"), 0)
      << "its leaf is among the tiles, so the rest is still tied to the checkpoint";

  Plant(DropEntry);
  ExpectFound(AuditDirectory(), "checkpoint", Concat("over ", kEntries, " entries, the log has only ", kEntries - 1));
}

TEST_F(PlantedFaults, DroppedEntryUnderTheLedgersOwnSignature) {
  Plant(
      [](Record& record) {
        record.entries.erase(record.entries.begin() + kPromised);
        record.Reseal();
      },
      Sign::kYes);
  // The views were folded from what the log held before.
  std::filesystem::remove_all(ledger_ + "/views");
  ExpectIntact(AuditDirectory());
  for (const Found& found : {AuditDirectory({"--receipt", receipt()}), AuditServer({"--receipt", receipt()})}) {
    ExpectFound(found, Concat("receipt ", kPromised), "was promised here, the log holds another entry");
  }
}

TEST_F(PlantedFaults, ResignedCheckpoint) {
  Export();
  const std::string other = SignCheckpoint(kEntries, merkle::LeafHash("another tree"));
  WriteAll(ledger_ + "/checkpoint", other);
  ExpectFound(AuditDirectory(), "checkpoint", "the published checkpoint has");
  WriteAll(tiles() + "/checkpoint", other);
  ExpectFound(AuditTiles(), "checkpoint", "the published checkpoint has");
  // Kept by somebody to whom another tree was shown.
  WriteAll(early(), SignCheckpoint(kEarly, merkle::LeafHash("another tree")));
  WriteAll(ledger_ + "/checkpoint", ReadAll(late()));
  ExpectFound(AuditDirectory({"--checkpoint", early()}), "checkpoint", early());
  ExpectFound(AuditServer({"--checkpoint", early()}), "checkpoint", early());
}

TEST_F(PlantedFaults, WrongViewRow) {
  std::string changed_key;
  {
    const std::unique_ptr<journal::RowStore> rows = journal::RowStore::Open(ledger_ + "/views").value();
    std::string value;
    ASSERT_TRUE(rows->Snapshot()
                    ->Scan("support/", "",
                           [&](std::string_view row_key, std::string_view row_value) {
                             changed_key = row_key;
                             value = row_value;
                             return value.size() < 20;
                           })
                    .ok());
    ASSERT_GE(value.size(), 20U);
    FlipBit(value, value.size() - 1);
    const std::unique_ptr<journal::RowBatch> batch = rows->NewBatch();
    batch->Put(changed_key, value);
    ASSERT_TRUE(rows->Commit(*batch).ok());
  }
  const Found found = AuditDirectory();
  EXPECT_EQ(found.exit_code, 6);
  ASSERT_EQ(found.findings.size(), 1U) << found.details;
  EXPECT_TRUE(found.findings[0].starts_with("view")) << found.findings[0];
  EXPECT_THAT(found.details, HasSubstr("view support: row support/"));
}

TEST_F(PlantedFaults, WrongViewDigest) {
  Export();
  log::ViewDigest wrong = log::OpenViewDigest(ReadAll(digest()), *verifier_).value();
  wrong.digest[0] ^= 1U;
  WriteAll(digest(), log::SignViewDigest(wrong, *verifier_, Ledger().ReadLedgerKey().value()).value());
  for (const Found& found : {AuditDirectory({"--view-digest", digest()}), AuditTiles({"--view-digest", digest()}),
                             AuditServer({"--view-digest", digest()})}) {
    ExpectFound(found, Concat("view digest ", kFaulty), "view support: ");
  }
  std::string forged = ReadAll(digest());
  forged[forged.find("support")] = 'S';
  WriteAll(digest(), forged);
  ExpectFound(AuditDirectory({"--view-digest", digest()}), "view digest", "does not verify");
}

TEST_F(PlantedFaults, ForgedReceipt) {
  Export();
  v1::AppendReportResponse response;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ReadAll(receipt()), &response).ok());
  FlipBit(*response.mutable_receipt()->mutable_entry(), 40);
  SaveReceipt(response.receipt());
  for (const Found& found : {AuditDirectory({"--receipt", receipt()}), AuditTiles({"--receipt", receipt()}),
                             AuditServer({"--receipt", receipt()})}) {
    ExpectFound(found, Concat("receipt ", kPromised), "the receipt is none of this ledger");
  }
}

TEST_F(PlantedFaults, RolledBackLedger) {
  Export();
  // The tiles of an earlier time under their own checkpoint.
  WriteAll(tiles() + "/checkpoint", ReadAll(early()));
  ExpectFound(AuditTiles({"--checkpoint", late()}), "checkpoint",
              Concat("over ", kEntries, " entries, the log has only ", kEarly));
  Plant(RollBack, Sign::kYes);
  std::filesystem::remove_all(ledger_ + "/views");
  ExpectIntact(AuditDirectory({"--checkpoint", early()}));
  const Arguments published = {"--checkpoint", late(), "--receipt", receipt()};
  for (const Found& found : {AuditDirectory(published), AuditServer(published)}) {
    ExpectFound(found, "checkpoint", Concat("over ", kEntries, " entries, the log has only ", kEarly));
    ExpectFound(found, Concat("receipt ", kPromised), Concat("the log has only ", kEarly));
  }
}

TEST_F(PlantedFaults, FlippedBits) {
  Export();
  const std::string partial = Concat(tiles(), "/tile/0/001.p/", kEntries - 256);
  const std::string good_tile = ReadAll(partial);
  std::string bad_tile = good_tile;
  FlipBit(bad_tile, 32 * 5 + 7);
  WriteAll(partial, bad_tile);
  ExpectFound(AuditTiles(), "tile 261", "tile/0/001.p/");
  WriteAll(partial, good_tile);
  const std::string bundle = tiles() + "/tile/entries/000";
  std::string bad_bundle = ReadAll(bundle);
  FlipBit(bad_bundle, bad_bundle.size() - 3);
  WriteAll(bundle, bad_bundle);
  ExpectFound(AuditTiles(), "bundle 255", "tile/entries/000");

  const auto plant_one = [this](const std::function<void(Record&)>& change, const std::string& finding) {
    const std::string kept = ledger_ + ".kept";
    std::filesystem::copy(ledger_, kept, std::filesystem::copy_options::recursive);
    Plant(change);
    ExpectFound(AuditDirectory(), finding);
    std::filesystem::remove_all(ledger_);
    std::filesystem::rename(kept, ledger_);
  };
  plant_one([](Record& record) { FlipBit(record.entries[kFaulty].entry, 60); }, Concat("leaf ", kFaulty));
  plant_one(
      [](Record& record) {
        // The node over the entries 100 and 101.
        const auto node = std::find_if(record.nodes.begin(), record.nodes.end(), [](const merkle::Node& candidate) {
          return candidate.id == merkle::NodeId{1, kFaulty / 2};
        });
        node->hash[9] ^= 1U;
      },
      Concat("node ", kFaulty + 1));
  ASSERT_TRUE(journal::DeleteRow(ledger_ + "/journal", journal::JournalPart::kIds, 17).ok());
  const Found lost = AuditDirectory();
  EXPECT_EQ(lost.exit_code, 6);
  ASSERT_EQ(lost.findings.size(), 1U) << lost.details;
  EXPECT_TRUE(lost.findings[0].starts_with("index ")) << lost.findings[0];
  plant_one([](Record& record) { record.entries[0].concerns_registry = false; }, "index 0");
  plant_one([](Record& record) { FlipBit(record.entries[kFaulty].request_key, 40); }, Concat("index ", kFaulty));
}

TEST_F(PlantedFaults, AnInterruptedAuditGoesOnAndIsHeldToItsState) {
  const std::string state = directory_ + "/audit.state";
  log::AuditOptions options;
  options.should_stop = [] { return true; };
  options.save_state = [&](const log::AuditState& saved) { WriteAll(state, log::FormatAuditState(saved, *verifier_)); };
  ASSERT_TRUE(log::AuditJournal(*OpenJournal(journal::OpenMode::kReadOnly), *verifier_, options).stopped);
  const std::string kept_state = ReadAll(state);
  const Found resumed = AuditDirectory({"--state", state, "--resume"});
  ExpectIntact(resumed);
  EXPECT_EQ(resumed.report["resumed_from"], 256);
  EXPECT_EQ(resumed.report["signatures"], kEntries + 1);
  EXPECT_FALSE(std::filesystem::exists(state)) << "there is nothing left to go on with";

  WriteAll(state, kept_state);
  Plant(
      [](Record& record) {
        SwapEntries(record);
        record.Reseal();
      },
      Sign::kYes);
  ExpectFound(AuditDirectory({"--state", state, "--resume"}), "resume", "when they were audited");
  WriteAll(state, "{}");
  EXPECT_EQ(Run({"audit", ledger_, "--state", state, "--resume"}).exit_code, 2);
}

TEST_F(PlantedFaults, TheReportIsFiledAsItIsPrinted) {
  const std::string report = directory_ + "/report.json";
  const Found found = AuditDirectory({"--report", report});
  EXPECT_EQ(json::parse(ReadAll(report)), found.report);
  EXPECT_EQ(found.report["verifier_key"], verifier_->ToString());
  EXPECT_EQ(found.report["checkpoint"]["size"], kEntries);
  EXPECT_EQ(found.report["published_checkpoint"], ReadAll(late()));
  EXPECT_FALSE(found.report["not_checked"].empty());
  const std::string text = ExpectRun({"audit", ledger_, "--trust", vkey(), "--progress"});
  EXPECT_THAT(text, HasSubstr("the record is intact"));
  EXPECT_THAT(text, HasSubstr("not checked"));
  EXPECT_THAT(ReadAll(directory_ + "/err"), HasSubstr(Concat("entry ", kEntries, " of ", kEntries)));
}

TEST_F(PlantedFaults, UsageIsChecked) {
  EXPECT_EQ(Run({"audit", "--tiles", tiles()}).exit_code, 2);
  EXPECT_EQ(Run({"audit", "--tiles", tiles(), "--entries", entries()}).exit_code, 2);
  EXPECT_EQ(Run({"audit", ledger_, "--resume"}).exit_code, 2);
  EXPECT_EQ(Run({"audit", ledger_, "--trust", "no key"}).exit_code, 2);
  EXPECT_EQ(Run({"audit", ledger_, "--receipt", directory_ + "/none"}).exit_code, 3);
  EXPECT_EQ(Run({"audit", ledger_, "--receipt", vkey()}).exit_code, 2);
  EXPECT_EQ(Run({"audit", "--server", "unix:" + directory_ + "/none"}).exit_code, 7);
}

}  // namespace
}  // namespace sworn
