// Ctrl-C, and SIGTERM, as something to act on: the first one is told, the second one ends the process.
//
// Thread-safety: belongs to one thread; what it calls runs on a thread of its own.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace sworn::cli {

class Interruption {
 public:
  // To be made before other threads are started, which then leave these signals alone. `act` is called once at most.
  explicit Interruption(std::function<void()> act);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  Interruption(Interruption&&) = delete;
  Interruption& operator=(Interruption&&) = delete;

  bool happened() const { return happened_; }

 private:
  void Wait();

  const std::function<void()> act_;
  sigset_t signals_{};
  sigset_t previous_{};
  std::atomic<bool> happened_ = false;
  std::atomic<bool> over_ = false;
  std::thread waiter_;
};

}  // namespace sworn::cli
