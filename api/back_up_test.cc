#include "api/back_up.h"

#include <gtest/gtest.h>

namespace sworn::api {
namespace {

TEST(BackUp, OnlyPeersOnThisMachineAreLocal) {
  for (const char* const peer : {"unknown", "inproc", "unix:", "unix:/run/sworn.sock", "ipv4:127.0.0.1:7400",
                                 "ipv4:127.9.9.9:1", "ipv6:[::1]:7400", "ipv6:%5B::1%5D:7400"}) {
    EXPECT_TRUE(IsLocalPeer(peer)) << peer;
  }
  for (const char* const peer : {"", "ipv4:10.0.0.1:7400", "ipv4:1.127.0.0:7400", "ipv6:[::2]:1", "ipv6:[::11]:1",
                                 "ipv6:%5Bfe80::1%5D:7400", "unknown:1", "127.0.0.1:7400"}) {
    EXPECT_FALSE(IsLocalPeer(peer)) << peer;
  }
}

}  // namespace
}  // namespace sworn::api
