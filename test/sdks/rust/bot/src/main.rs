// A bot as `rust-wechaty-getting-started` says, which tells what becomes of it: ../../../README.md.
use std::{env, io::Write, process::exit};

use tokio::io::{stdin, AsyncBufReadExt, BufReader};
use tokio::select;
use tokio::signal::unix::{signal, SignalKind};
use wechaty::prelude::*;
use wechaty_puppet::{Puppet, PuppetError, PuppetImpl};
use wechaty_puppet_service::PuppetService;

type Context = WechatyContext<PuppetService>;

fn say(line: String) {
    println!("{}", line.replace('\n', " "));
    std::io::stdout().flush().unwrap();
}

fn failed(error: PuppetError) -> ! {
    say(format!("failed {}", error));
    exit(1)
}

async fn handle_dong(_payload: DongPayload, _ctx: Context) {
    say("event dong".to_owned());
}

async fn handle_heartbeat(_payload: HeartbeatPayload, _ctx: Context) {
    say("event heartbeat".to_owned());
}

async fn handle_login(_payload: LoginPayload<PuppetService>, _ctx: Context) {
    say("event login".to_owned());
}

async fn handle_message(_payload: MessagePayload<PuppetService>, _ctx: Context) {
    say("event message".to_owned());
}

async fn handle_scan(_payload: ScanPayload, _ctx: Context) {
    say("event scan".to_owned());
}

async fn handle_error(payload: ErrorPayload, _ctx: Context) {
    say(format!("error {}", payload.data));
}

#[actix_rt::main]
async fn main() {
    let options = PuppetOptions {
        endpoint: env::var("WECHATY_PUPPET_SERVICE_ENDPOINT").ok(),
        timeout: None,
        token: env::var("WECHATY_PUPPET_SERVICE_TOKEN").ok(),
    };
    let puppet = match PuppetService::new(options).await {
        Ok(puppet) => puppet,
        Err(error) => failed(error),
    };
    let mut bot = Wechaty::new(puppet.clone());
    bot.on_dong(handle_dong)
        .on_heartbeat(handle_heartbeat)
        .on_login(handle_login)
        .on_message(handle_message)
        .on_scan(handle_scan)
        .on_error(handle_error);
    // `bot.start()` returns only when the bot is interrupted, and starts nothing: it has its puppet and its events by now.
    say("started".to_owned());
    select! {
        _ = bot.start() => {}
        _ = told_to_stop(&puppet) => {}
    }
    match puppet.stop().await {
        Ok(()) => say("stopped".to_owned()),
        Err(error) => failed(error),
    }
}

/// Does what stdin says until that or SIGTERM ends it.
async fn told_to_stop(puppet: &Puppet<PuppetService>) {
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    let mut lines = BufReader::new(stdin()).lines();
    loop {
        let line = select! {
            _ = terminated.recv() => return,
            line = lines.next_line() => line.unwrap(),
        };
        match line.as_deref() {
            None | Some("stop") => return,
            Some("ding") => {
                if let Err(error) = puppet.ding("ding".to_owned()).await {
                    say(format!("error {}", error));
                }
            }
            Some(_) => {}
        }
    }
}
