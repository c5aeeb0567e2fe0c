import io.grpc.stub.MetadataUtils
import io.grpc.{ManagedChannelBuilder, Metadata}
import wechaty.puppet.schemas.Event.BaseEventPayload
import wechaty.puppet.schemas.Puppet.{PuppetEventName, PuppetOptions}
import wechaty.{Wechaty, WechatyOptions}

import scala.io.StdIn

/** A bot as the SDK's README has it: nothing but variables. */
object Bot {
  def main(args: Array[String]): Unit = Lines.run(Wechaty.instance(new WechatyOptions))
}

/** The same with a channel of its own that says the token, for the SDK does not. */
object BotWithToken {
  def main(args: Array[String]): Unit = Lines.run {
    val puppetOptions = new PuppetOptions
    val options = new WechatyOptions
    options.puppetOptions = Some(puppetOptions)
    // It finds the puppet's address, and leaves it in the options.
    val bot = Wechaty.instance(options)
    val headers = new Metadata
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), s"Wechaty ${puppetOptions.token.get}")
    puppetOptions.channelOpt = Some(
      ManagedChannelBuilder
        .forTarget(puppetOptions.endPoint.get)
        .usePlaintext()
        .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
        .build()
    )
    bot
  }
}

/** What becomes of a bot, line by line, and what it is told. SIGTERM is left to the SDK, which stops the bot then. */
object Lines {
  def run(make: => Wechaty): Unit = {
    val bot = orFail {
      val bot = make
      for (name <- PuppetEventName.values)
        bot.puppet.addListener[BaseEventPayload](name, (payload: BaseEventPayload) => sayEvent(name.toString.toLowerCase, payload))
      bot.start()
      bot
    }
    say("started")
    Iterator.continually(StdIn.readLine()).takeWhile(line => line != null && line != "stop").foreach {
      // The method is protected, and there is no other that dings.
      case "ding" => bot.puppet.getClass.getMethod("ding", classOf[String]).invoke(bot.puppet, "ding")
      case _ =>
    }
    orFail(bot.stop())
    say("stopped")
    sys.exit(0)
  }

  private def sayEvent(name: String, payload: BaseEventPayload): Unit =
    say(if (name == "error") s"error ${payload.data}" else s"event $name")

  private def orFail[T](step: => T): T =
    try step
    catch {
      case error: Throwable =>
        say(s"failed $error")
        sys.exit(1)
    }

  private def say(line: String): Unit = synchronized {
    println(line)
    System.out.flush()
  }
}
