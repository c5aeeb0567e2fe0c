# A puppet in Ruby: what its environment means stands in ../README.md.

require 'google/protobuf/empty_pb'
require 'grpc'
require 'grpc/health/checker'

EMPTY = Google::Protobuf::Empty

class Puppet
  include GRPC::GenericService

  self.marshal_class_method = :encode
  self.unmarshal_class_method = :decode
  self.service_name = 'wechaty.Puppet'
  rpc :Version, EMPTY, EMPTY
  rpc :Ding, EMPTY, EMPTY

  def version(_request, _call)
    EMPTY.new
  end

  def ding(_request, _call)
    sleep(number('WORK_MS') / 1000.0)
    EMPTY.new
  end
end

def number(name)
  Integer(ENV.fetch(name))
end

def credentials
  return :this_port_is_insecure if ENV['TLS'] == 'off'

  mutual = ENV['TLS'] == 'mutual'
  pair = { private_key: File.read(ENV['KEY_FILE']), cert_chain: File.read(ENV['CERT_FILE']) }
  GRPC::Core::ServerCredentials.new(mutual ? File.read(ENV['CA_FILE']) : nil, [pair], mutual)
end

age = number('MAX_AGE_MS')
options = age.positive? ? { 'grpc.max_connection_age_ms' => age } : {}
server = GRPC::RpcServer.new(pool_size: number('WORKERS'), server_args: options)
server.add_http2_port("127.0.0.1:#{ENV['PORT']}", credentials)
server.handle(Puppet.new)
if ENV['HEALTH'] == 'on'
  checker = Grpc::Health::Checker.new
  checker.add_status('', Grpc::Health::V1::HealthCheckResponse::ServingStatus::SERVING)
  server.handle(checker)
end

running = Thread.new { server.run_till_terminated_or_interrupted(['TERM']) }
server.wait_till_running
puts 'listening'
$stdout.flush
running.join
