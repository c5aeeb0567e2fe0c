//! A puppet in Rust: what its environment means stands in ../README.md.

use std::convert::Infallible;
use std::env;
use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tonic::Status;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic_prost::ProstCodec;
use tower_service::Service;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// `wechaty.Puppet`, by hand: a program that makes it from a schema would have to be installed as well.
#[derive(Clone)]
struct Puppet {
    work: Duration,
}

impl NamedService for Puppet {
    const NAME: &'static str = "wechaty.Puppet";
}

impl Service<Request<Body>> for Puppet {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Boxed<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = match request.uri().path() {
            "/wechaty.Puppet/Version" => Method(Duration::ZERO),
            "/wechaty.Puppet/Ding" => Method(self.work),
            _ => return Box::pin(async { Ok(Status::unimplemented("").into_http()) }),
        };
        Box::pin(async move {
            Ok(Grpc::new(ProstCodec::<(), ()>::default())
                .unary(method, request)
                .await)
        })
    }
}

/// Answers with an empty message after so much work.
struct Method(Duration);

impl UnaryService<()> for Method {
    type Response = ();
    type Future = Boxed<Result<tonic::Response<()>, Status>>;

    fn call(&mut self, _: tonic::Request<()>) -> Self::Future {
        let work = self.0;
        Box::pin(async move {
            // Holds its worker, as code does that does not know of async.
            thread::sleep(work);
            Ok(tonic::Response::new(()))
        })
    }
}

fn main() {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(number("WORKERS") as usize)
        .enable_all()
        .build()
        .unwrap()
        .block_on(serve());
}

async fn serve() {
    let mut server = Server::builder();
    if text("TLS") != "off" {
        server = server.tls_config(tls()).unwrap();
    }
    if number("MAX_AGE_MS") > 0 {
        server = server.max_connection_age(Duration::from_millis(number("MAX_AGE_MS")));
    }
    let puppet = Puppet {
        work: Duration::from_millis(number("WORK_MS")),
    };
    let health = match text("HEALTH").as_str() {
        "on" => Some(tonic_health::server::health_reporter().1),
        _ => None,
    };
    let mut asked = signal(SignalKind::terminate()).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], number("PORT") as u16));
    let listener = TcpListener::bind(address).await.unwrap();
    println!("listening");
    server
        .add_optional_service(health)
        .add_service(puppet)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), async move {
            asked.recv().await;
        })
        .await
        .unwrap();
}

fn tls() -> ServerTlsConfig {
    let config =
        ServerTlsConfig::new().identity(Identity::from_pem(file("CERT_FILE"), file("KEY_FILE")));
    if text("TLS") == "mutual" {
        return config.client_ca_root(Certificate::from_pem(file("CA_FILE")));
    }
    config
}

fn number(name: &str) -> u64 {
    text(name).parse().unwrap()
}

fn text(name: &str) -> String {
    env::var(name).unwrap()
}

fn file(name: &str) -> Vec<u8> {
    fs::read(text(name)).unwrap()
}
