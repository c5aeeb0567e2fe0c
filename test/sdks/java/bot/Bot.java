import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.Scanner;
import scala.Enumeration;
import scala.Option;
import scala.runtime.BoxedUnit;
import wechaty.Wechaty;
import wechaty.WechatyOptions;
import wechaty.hostie.PuppetHostie;
import wechaty.puppet.schemas.Event.BaseEventPayload;
import wechaty.puppet.schemas.Puppet.PuppetEventName$;
import wechaty.puppet.schemas.Puppet.PuppetOptions;

/** A bot of the SDK that Maven Central has: Scala's, which brings an example in Java. It says the token, which the SDK does not. */
class Bot {
  public static void main(String[] args) {
    Wechaty bot = null;
    try {
      bot = make();
      bot.start();
    } catch (Throwable error) {
      fail(error);
    }
    say("started");
    Scanner lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      String line = lines.nextLine();
      if (line.equals("ding")) ((PuppetHostie) bot.puppet()).ding("ding");
      if (line.equals("stop")) break;
    }
    try {
      bot.stop();
    } catch (Throwable error) {
      fail(error);
    }
    say("stopped");
    System.exit(0);
  }

  static Wechaty make() {
    PuppetOptions puppetOptions = new PuppetOptions();
    WechatyOptions options = new WechatyOptions();
    options.puppetOptions_$eq(Option.apply(puppetOptions));
    // It finds the puppet's address, and leaves it in the options.
    Wechaty bot = Wechaty.instance(options);
    puppetOptions.channelOpt_$eq(
        Option.apply(channel(puppetOptions.endPoint().get(), puppetOptions.token().get())));
    PuppetEventName$ names = PuppetEventName$.MODULE$;
    names.values().toStream().foreach(name -> listen(bot, name));
    return bot;
  }

  static ManagedChannel channel(String address, String token) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Wechaty " + token);
    return ManagedChannelBuilder.forTarget(address)
        .usePlaintext()
        .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
        .build();
  }

  static BoxedUnit listen(Wechaty bot, Enumeration.Value name) {
    bot.puppet()
        .<BaseEventPayload>addListener(
            name,
            payload -> {
              String event = name.toString().toLowerCase();
              say(event.equals("error") ? "error " + payload.data() : "event " + event);
              return BoxedUnit.UNIT;
            },
            false);
    return BoxedUnit.UNIT;
  }

  static void fail(Throwable error) {
    say("failed " + error);
    System.exit(1);
  }

  static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
