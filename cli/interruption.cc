#include "cli/interruption.h"

#include <pthread.h>
#include <unistd.h>

#include <utility>

namespace sworn::cli {

Interruption::Interruption(std::function<void()> act) : act_(std::move(act)) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &previous_);
  waiter_ = std::thread([this] { Wait(); });
}

Interruption::~Interruption() {
  over_ = true;
  pthread_kill(waiter_.native_handle(), SIGTERM);
  waiter_.join();
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void Interruption::Wait() {
  while (true) {
    int received = 0;
    sigwait(&signals_, &received);
    if (over_) return;
    constexpr int kEndedBySignal = 128;
    if (happened_.exchange(true)) _exit(kEndedBySignal + received);
    act_();
  }
}

}  // namespace sworn::cli
