// A puppet in C++: what its environment means stands in ../README.md.

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

namespace {

std::string text(const char* name) { return std::getenv(name); }

int number(const char* name) { return std::stoi(text(name)); }

std::string file(const char* name) {
  std::ostringstream content;
  content << std::ifstream(text(name)).rdbuf();
  return content.str();
}

// wechaty.Puppet, by hand: each call is a stream of bytes.
class Call : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(const std::string& method) {
    if (method != "/wechaty.Puppet/Version" && method != "/wechaty.Puppet/Ding") {
      Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""));
      return;
    }
    if (method == "/wechaty.Puppet/Ding") work_ = std::chrono::milliseconds(number("WORK_MS"));
    StartRead(&message_);
  }

  // The thread that calls this is the library's, which all calls share.
  void OnReadDone(bool) override { std::thread(&Call::Work, this).detach(); }

  void OnDone() override { delete this; }

 private:
  void Work() {
    std::this_thread::sleep_for(work_);
    const grpc::Slice empty;
    message_ = grpc::ByteBuffer(&empty, 1);
    StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
  }

  std::chrono::milliseconds work_{0};
  grpc::ByteBuffer message_;
};

class Puppet : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Call(context->method());
  }
};

std::shared_ptr<grpc::ServerCredentials> credentials() {
  if (text("TLS") == "off") return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({file("KEY_FILE"), file("CERT_FILE")});
  if (text("TLS") == "mutual") {
    options.pem_root_certs = file("CA_FILE");
    options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(options);
}

}  // namespace

int main() {
  // Before there are threads, so that all of them leave the signal to this one.
  sigset_t asked;
  sigemptyset(&asked);
  sigaddset(&asked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &asked, nullptr);

  grpc::EnableDefaultHealthCheckService(text("HEALTH") == "on");
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + text("PORT"), credentials());
  if (number("MAX_AGE_MS") > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, number("MAX_AGE_MS"));
  }
  Puppet puppet;
  builder.RegisterCallbackGenericService(&puppet);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << "listening" << std::endl;
  int signal;
  sigwait(&asked, &signal);
  // Calls that are under way may end.
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
}
