#include "ledger/log/durable_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "ledger/journal/test_directory.h"

namespace sworn::log {
namespace {

TEST(DurableFileTest, NeverWaitsForTheWriterOfAPipe) {
  const journal::TestDirectory directory;
  const std::string pipe = directory.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), S_IRUSR | S_IWUSR), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSmallFile(pipe, 100).status()));
  EXPECT_FALSE(ReadSmallFile(directory.path(), 100).ok()) << "a directory is no file";
  EXPECT_TRUE(absl::IsNotFound(ReadSmallFile(directory.path() + "/absent", 100).status()));
}

}  // namespace
}  // namespace sworn::log
