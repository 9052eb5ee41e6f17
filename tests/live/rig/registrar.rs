//! One REGISTER by hand over UDP: what a SIP server says to a password, without a phone around it.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use ringfence::base::{Entropy, Secret};
use ringfence::sip::Message;
use ringfence::sip::digest::{Attempts, Authenticator, Realms};

use super::kamailio::DOMAIN;

/// One telephone that knows no more than REGISTER.
pub struct Telephone {
    socket: UdpSocket,
    user: String,
    dice: Entropy,
    cseq: u32,
}

impl Telephone {
    pub fn new(server: SocketAddr, user: &str) -> Telephone {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.connect(server).expect("UDP");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a bound");
        let port = socket.local_addr().expect("bound").port();
        Telephone { socket, user: user.to_owned(), dice: Entropy::from_number(u64::from(port)), cseq: 0 }
    }

    fn request(&mut self, instance: Option<&str>) -> Message {
        self.cseq += 1;
        let (user, local) = (&self.user, self.socket.local_addr().expect("bound"));
        let contact = instance.map_or_else(String::new, |instance| {
            format!("Contact: <sip:{user}@{local}>;expires=600;+sip.instance=\"<{instance}>\"\r\n")
        });
        let text = format!(
            "REGISTER sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch={}\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@{DOMAIN}>;tag={}\r\nTo: <sip:{user}@{DOMAIN}>\r\nCall-ID: {local}-{user}\r\n\
             CSeq: {} REGISTER\r\nUser-Agent: Desk/1\r\n{contact}Content-Length: 0\r\n\r\n",
            self.dice.branch(),
            self.dice.tag(),
            self.cseq,
        );
        Message::parse(text.as_bytes()).expect("a REGISTER")
    }

    fn exchange(&mut self, request: &Message) -> Message {
        self.socket.send(&request.to_bytes()).expect("sent");
        let mut buffer = vec![0; 65_535];
        loop {
            let length = self.socket.recv(&mut buffer).expect("the registrar answers");
            let response = Message::parse(&buffer[..length]).expect("a response");
            if response.status().is_some_and(|status| status >= 200) && response.cseq() == request.cseq() {
                return response;
            }
        }
    }

    /// Registers with this password, as this instance if one is given, without a Contact (a mere question) otherwise:
    /// the final status, and the contacts.
    pub fn register(&mut self, password: &str, instance: Option<&str>) -> (u16, usize) {
        let first = self.request(instance);
        let challenge = self.exchange(&first);
        assert_eq!(challenge.status(), Some(401), "{challenge:?}");
        let mut second = self.request(instance);
        let mut login = Authenticator::new(&self.user, Secret::from(password));
        login.answer(&mut second, &challenge, &mut Attempts::default(), Realms::Any, &mut self.dice).expect("Digest");
        let response = self.exchange(&second);
        (response.status().expect("a response"), response.contacts().len())
    }
}
