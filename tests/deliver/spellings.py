"""Every way we know to write an address that must not be reached, so that it looks like another. `{p}`: the canary's port."""

from typing import Final

LOOPBACK: Final = (
    # short, decimal, octal, hexadecimal, mixed
    "http://127.0.0.1:{p}/", "http://127.1:{p}/", "http://127.0.1:{p}/", "http://127.0.0.1.:{p}/", "http://127.1.1.1:{p}/",
    "http://127.255.255.254:{p}/", "http://2130706433:{p}/", "http://0x7f000001:{p}/", "http://0x7F000001:{p}/",
    "http://0x7f.0.0.1:{p}/", "http://0x7f.1:{p}/", "http://0x7f.0x0.0x0.0x1:{p}/", "http://017700000001:{p}/",
    "http://0177.0.0.1:{p}/", "http://0177.1:{p}/", "http://0000177.0.0.01:{p}/", "http://0177.0x0.0.1:{p}/",
    "http://0.0.0.0:{p}/", "http://0:{p}/", "http://0x0:{p}/", "http://00.0.0.0:{p}/", "http://0.1:{p}/",
    # names, and letters that are digits or dots to some
    "http://localhost:{p}/", "http://LOCALHOST:{p}/", "http://localhost.:{p}/", "http://canary.localhost:{p}/",
    "http://１２７.０.０.１:{p}/", "http://①②⑦.⓪.⓪.①:{p}/", "http://127。0。0。1:{p}/", "http://127．0．0．1:{p}/",
    "http://127｡0｡0｡1:{p}/", "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:{p}/", "http://ｌｏｃａｌｈｏｓｔ:{p}/", "http://ⓛocalhost:{p}/",
    "http://loc\u00adalhost:{p}/", "http://%31%32%37.0.0.1:{p}/", "http://127%2e0%2e0%2e1:{p}/", "http://%6cocalhost:{p}/",
    # IPv6, and what carries an IPv4 address
    "http://[::1]:{p}/", "http://[0:0:0:0:0:0:0:1]:{p}/", "http://[0000::0001]:{p}/", "http://[::]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/", "http://[::ffff:7f00:1]:{p}/", "http://[0:0:0:0:0:ffff:7f00:0001]:{p}/",
    "http://[::FFFF:127.1.2.3]:{p}/", "http://[::ffff:0.0.0.0]:{p}/", "http://[::127.0.0.1]:{p}/", "http://[::7f00:1]:{p}/",
    "http://[::ffff:0:127.0.0.1]:{p}/", "http://[::ffff:0:7f00:1]:{p}/", "http://[::1%25lo]:{p}/", "http://[::1%lo]:{p}/",
    # who is asked, and who only seems to be
    "http://public.example@127.0.0.1:{p}/", "http://public.example:80@127.0.0.1:{p}/", "http://@127.0.0.1:{p}/",
    "http://:@127.0.0.1:{p}/", "http://127.0.0.1:{p}\\@public.example/", "http://public.example\\@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}#@public.example/", "http://127.0.0.1:{p}?@public.example/", "http://127.0.0.1:{p}/@public.example",
    "http:///127.0.0.1:{p}/", "http:127.0.0.1:{p}/", "http:/127.0.0.1:{p}/", "//127.0.0.1:{p}/", "127.0.0.1:{p}",
    "HTTP://127.0.0.1:{p}/", "hTtPs://127.0.0.1:{p}/", "http://127.0.0.1\t:{p}/", "http://127.0.0.1 :{p}/",
    "http://127.0.0.1:{p}/\r\nHost: public.example", "http://1.1.1.1 &@127.0.0.1:{p}# @3.3.3.3/", " http://127.0.0.1:{p}/",
    "http://127.0.0.1:{p}:80/", "http://127.0.0.1:+{p}/", "http://127.0.0.1:000{p}/", "http://127.0.0.1%00.public.example:{p}/",
    "http://[::1]public.example:{p}/", "http://[::1].public.example:{p}/", "http://[127.0.0.1]:{p}/",
    # other ways to get there
    "ftp://127.0.0.1:{p}/", "gopher://127.0.0.1:{p}/_x", "dict://127.0.0.1:{p}/x", "file:///etc/passwd", "ldap://127.0.0.1:{p}/",
    "telnet://127.0.0.1:{p}/", "unix:///tmp/x.sock", "data:text/plain,x", "javascript:alert(1)", "jar:http://127.0.0.1:{p}/!/",
)  # fmt: skip
"""Each leads to this machine, if to anything."""

INSIDE: Final = (
    # private, shared, link-local (where clouds keep their keys), reserved
    "http://10.0.0.1:{p}/", "http://10.255.255.255:{p}/", "http://172.16.0.1:{p}/", "http://172.31.255.254:{p}/",
    "http://192.168.1.1:{p}/", "http://0xc0a80101:{p}/", "http://3232235777:{p}/", "http://0300.0250.1.1:{p}/",
    "http://100.64.0.1:{p}/", "http://100.100.100.200:{p}/", "http://169.254.169.254:{p}/", "http://0xa9fea9fe:{p}/",
    "http://2852039166:{p}/", "http://0251.0376.0251.0376:{p}/", "http://169.254.43518:{p}/", "http://169.16689662:{p}/",
    "http://192.0.0.192:{p}/", "http://192.0.0.170:{p}/", "http://192.0.2.1:{p}/", "http://192.88.99.1:{p}/",
    "http://198.18.0.1:{p}/", "http://198.51.100.1:{p}/", "http://203.0.113.1:{p}/", "http://224.0.0.1:{p}/",
    "http://239.255.255.250:{p}/", "http://240.0.0.1:{p}/", "http://255.255.255.255:{p}/",
    "http://[64:ff9b::7f00:1]:{p}/", "http://[64:ff9b::127.0.0.1]:{p}/", "http://[64:ff9b::a9fe:a9fe]:{p}/",
    "http://[64:ff9b:1::7f00:1]:{p}/", "http://[64:ff9b:1::a9fe:a9fe]:{p}/", "http://[2002:7f00:1::]:{p}/",
    "http://[2002:7f00:0001::1]:{p}/", "http://[2002:a9fe:a9fe::]:{p}/", "http://[2002:a00:1::]:{p}/",
    "http://[2001:0:7f00:1::80ff:fffe]:{p}/", "http://[2001::7f00:1]:{p}/", "http://[2001:db8::1]:{p}/",
    "http://[2606:4700::200:5efe:127.0.0.1]:{p}/", "http://[2606:4700::5efe:7f00:1]:{p}/", "http://[fe80::1]:{p}/",
    "http://[fe80::1%25lo]:{p}/", "http://[fe80::5efe:127.0.0.1]:{p}/", "http://[fec0::1]:{p}/", "http://[fc00::1]:{p}/",
    "http://[fd00:ec2::254]:{p}/", "http://[ff02::1]:{p}/", "http://[100::1]:{p}/", "http://[3fff::1]:{p}/",
    "http://[::ffff:10.0.0.1]:{p}/", "http://[::ffff:169.254.169.254]:{p}/", "http://[::ffff:a9fe:a9fe]:{p}/",
)  # fmt: skip
"""Each leads into somebody's own network."""
ALL: Final = LOOPBACK + INSIDE
