# SPDX-License-Identifier: GPL-2.0-or-later
"""
usage: sink.py FILE

Whoever wants the data: listens at all addresses, and writes a line to FILE for whatever arrives,
KIND and what it said, as it was understood. FILE.ports holds "PORT MAIL-PORT UDP-PORT" once
all is there.

    tcp, tls    at PORT, whichever the client begins with; answers HTTP with a 403
    udp         at UDP-PORT
    mail        at MAIL-PORT: takes any mail, of which the addresses are written down
    ping        an ICMP echo request with a payload of ours (it says "ping-")
"""
import os
import socket
import ssl
import subprocess
import sys
import threading

FILE = sys.argv[1]
LOCK = threading.Lock()


def write(kind, data):
    text = data.decode('latin-1').encode('unicode_escape').decode('ascii')
    with LOCK, open(FILE, 'a', encoding='ascii') as out:
        out.write(f'{kind} {text}\n')


def start(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def listening():
    sock = socket.create_server(('::', 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return sock, sock.getsockname()[1]


def accept(sock, serve):
    while True:
        client, _ = sock.accept()
        client.settimeout(10)
        start(guarded, serve, client)


def guarded(serve, client):
    try:
        with client:
            serve(client)
    except OSError:
        pass


def plain_or_tls(client):
    kind = 'tcp'
    if client.recv(1, socket.MSG_PEEK) == b'\x16':
        kind = 'tls'
        client = TLS.wrap_socket(client, server_side=True)
    data = client.recv(65536)
    # A body may come in a packet of its own.
    if data.startswith(b'POST') and data.endswith(b'\r\n\r\n'):
        data += client.recv(65536)
    write(kind, data)
    if b' HTTP/1.' in data:
        client.sendall(b'HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')


def mail(client):
    client.sendall(b'220 sink\r\n')
    for line in client.makefile('rb'):
        verb = line[:4].upper()
        if verb in (b'MAIL', b'RCPT'):
            write('mail', line)
        client.sendall(b'354 go on\r\n' if verb == b'DATA' else b'250 ok\r\n')
        if verb == b'QUIT':
            return


def datagrams(sock):
    while True:
        write('udp', sock.recv(65536))


def pings(sock):
    while True:
        packet = sock.recv(65536)
        echo = packet[(packet[0] & 15) * 4:]
        if echo[0] == 8 and b'ping-' in echo:
            write('ping', echo[8:])


def certificate(folder):
    files = [f'{folder}/sink.key', f'{folder}/sink.pem']
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                    '-nodes', '-subj', '/CN=sink', '-keyout', files[0], '-out', files[1]],
                   check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    return context


with open(FILE, 'w', encoding='ascii'):
    pass
TLS = certificate('/tmp')
tcp, port = listening()
mails, mail_port = listening()
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
udp.bind(('::', 0))
start(accept, tcp, plain_or_tls)
start(accept, mails, mail)
start(datagrams, udp)
start(pings, socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
with open(FILE + '.new', 'w', encoding='ascii') as out:
    out.write(f'{port} {mail_port} {udp.getsockname()[1]}\n')
os.rename(FILE + '.new', FILE + '.ports')
threading.Event().wait()
