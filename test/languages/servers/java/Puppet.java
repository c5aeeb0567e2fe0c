import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A puppet in Java: what its environment means stands in ../README.md. */
final class Puppet {
  /** No message has anything in it. */
  private static final Marshaller<byte[]> EMPTY = new Marshaller<>() {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      return new byte[0];
    }
  };

  public static void main(String[] args) throws Exception {
    var builder = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", number("PORT")))
        .executor(Executors.newFixedThreadPool(number("WORKERS")));
    if (!text("TLS").equals("off")) builder.sslContext(tls());
    if (number("MAX_AGE_MS") > 0) builder.maxConnectionAge(number("MAX_AGE_MS"), TimeUnit.MILLISECONDS);
    var service = ServerServiceDefinition.builder("wechaty.Puppet");
    add(service, "Version", 0);
    add(service, "Ding", number("WORK_MS"));
    builder.addService(service.build());
    if (text("HEALTH").equals("on")) builder.addService(new HealthStatusManager().getHealthService());

    Server server = builder.build().start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
    System.out.println("listening");
    server.awaitTermination();
  }

  private static void stop(Server server) {
    try {
      // Calls that are under way may end.
      server.shutdown().awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    // Otherwise the exit code would be that of the signal.
    Runtime.getRuntime().halt(0);
  }

  /** A method that answers with an empty message after so much work. */
  private static void add(ServerServiceDefinition.Builder service, String name, int workMs) {
    var method = MethodDescriptor.newBuilder(EMPTY, EMPTY)
        .setType(MethodType.UNARY)
        .setFullMethodName("wechaty.Puppet/" + name)
        .build();
    service.addMethod(method, ServerCalls.<byte[], byte[]>asyncUnaryCall((request, answer) -> {
      sleep(workMs);
      answer.onNext(new byte[0]);
      answer.onCompleted();
    }));
  }

  private static SslContext tls() throws Exception {
    var builder = GrpcSslContexts.forServer(new File(text("CERT_FILE")), new File(text("KEY_FILE")));
    if (text("TLS").equals("mutual")) {
      builder.trustManager(new File(text("CA_FILE"))).clientAuth(ClientAuth.REQUIRE);
    }
    return builder.build();
  }

  private static void sleep(int ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private static int number(String name) {
    return Integer.parseInt(text(name));
  }

  private static String text(String name) {
    return System.getenv(name);
  }
}
