"""Texts with personal data and secrets of which the places are known, and texts with what only looks like them.

Every value is made here, by check digits of our own in Python: none is anybody's. The same seed gives the same texts.
"""

import base64
import binascii
import hashlib
import json
import random
import string
import uuid

DIGITS, UPPER, ALNUM = string.digits, string.ascii_uppercase, string.ascii_letters + string.digits


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def of(self, letters, count):
        return "".join(self.random.choices(letters, k=count))

    def pick(self, *values):
        return self.random.choice(values)

    def form(self, text, *sizes, separator=" "):
        parts, at = [], 0
        for size in sizes:
            parts.append(text[at:at + size])
            at += size
        return separator.join(parts)

    # -- values ------------------------------------------------------------------------------------------------------
    def email(self):
        name = self.pick("ada", "bob.miller", "c_stone", "d-weir", "erik+news", "f.g.h") + self.of(DIGITS, 2)
        return f"{name}@{self.of(string.ascii_lowercase, 7)}.{self.pick('com', 'org', 'net', 'de', 'co.uk', 'fr', 'io')}"

    def phone(self):
        area, exchange = str(self.random.randint(201, 890)), str(self.random.randint(223, 899))
        area = area.replace("9", "8", 2) if area[1] == "9" else area
        if area[1:] == "11" or exchange[1:] == "11" or area == "555":
            return self.phone()
        line = self.of(DIGITS, 4)
        return self.pick(f"({area}) {exchange}-{line}", f"{area}-{exchange}-{line}", f"+1 {area} {exchange} {line}",
                         f"+49 {self.pick('30', '89', '171')} {self.random.randint(1000000, 9999999)}",
                         f"+44 20 7{self.of(DIGITS, 3)} {self.of(DIGITS, 4)}", f"+33 {self.pick(*'1234567')} " +
                         self.form(self.of(DIGITS, 8), 2, 2, 2, 2), f"+91 9{self.of(DIGITS, 9)}",
                         f"0{self.pick(*'1234567')} " + self.form(self.of(DIGITS, 8), 2, 2, 2, 2))

    def ipv4(self):
        return ".".join(str(part) for part in (self.pick(23, 62, 81, 139, 185, 203), *(self.random.randint(20, 254) for _ in range(3))))

    def ipv6(self):
        return f"2a0{self.random.randint(0, 9)}:{self.of('123456789abcdef', 4)}:{self.of('123456789abcdef', 4)}::{self.of('123456789abcdef', 3)}"

    def mac_address(self):
        return self.pick(":", "-").join(self.of("0123456789abcdef", 2) for _ in range(6))

    def credit_card(self):
        start, size, sizes = self.pick(("4", 16, (4, 4, 4, 4)), ("52", 16, (4, 4, 4, 4)), ("37", 15, (4, 6, 5)), ("6011", 16, (4, 4, 4, 4)))
        body = start + self.of(DIGITS, size - 1 - len(start))
        card = body + luhn(body)
        return self.pick(card, self.form(card, *sizes), self.form(card, *sizes, separator="-"))

    def iban(self):
        country, size = self.pick(("DE", 18), ("NL", 0), ("FR", 23), ("ES", 20), ("GB", 0), ("PL", 24), ("AT", 16))
        account = {"NL": "ABNA" + self.of(DIGITS, 10), "GB": "NWBK" + self.of(DIGITS, 14)}.get(country) or self.of(DIGITS, size)
        number = int("".join(str(int(c, 36)) for c in account + country + "00"))
        iban = f"{country}{98 - number % 97:02d}{account}"
        return self.pick(iban, " ".join(iban[i:i + 4] for i in range(0, len(iban), 4)))

    def us_ssn(self):
        return f"{self.random.randint(100, 665)}-{self.random.randint(10, 99)}-{self.random.randint(1000, 9999)}"

    def us_itin(self):
        return f"9{self.of(DIGITS, 2)}-{self.random.randint(70, 88)}-{self.of(DIGITS, 4)}"

    def uk_nino(self):
        nino = self.pick("AB", "CE", "JH", "PX", "WK") + self.of(DIGITS, 6) + self.pick(*"ABCD")
        return self.pick(nino, self.form(nino, 2, 2, 2, 2, 1))

    def uk_nhs(self):
        body = self.of("123456789", 9)
        check = 11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11
        return self.uk_nhs() if check == 10 else self.form(body + str(check % 11), 3, 3, 4)

    def de_tax_id(self):
        body = self.random.sample("123456789", 9)
        body.insert(self.random.randint(1, 9), body[0])
        product = 10
        for digit in body:
            product = ((int(digit) + product) % 10 or 10) * 2 % 11
        number = "".join(body) + str((11 - product) % 10)
        return self.pick(number, self.form(number, 2, 3, 3, 3))

    def fr_insee(self):
        body = f"{self.pick(1, 2)}{self.of(DIGITS, 2)}{self.random.randint(1, 12):02d}{self.random.randint(10, 95)}{self.of(DIGITS, 6)}"
        key = f"{97 - int(body) % 97:02d}"
        return self.pick(f"{body} {key}", self.form(body + key, 1, 2, 2, 2, 3, 3, 2))

    def es_dni(self):
        letters = "TRWAGMYFPDXBNJZSQVHLCKE"
        number = self.of(DIGITS, 8)
        start = self.pick("", "X", "Y", "Z")
        if start:
            number = number[:7]
            return start + number + letters[int(str("XYZ".index(start)) + number) % 23]
        return number + letters[int(number) % 23]

    def it_fiscal_code(self):
        odd = dict(zip(DIGITS + UPPER, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3,
                                        6, 8, 12, 14, 16, 10, 22, 25, 24, 23]))
        body = self.of("BCDFGLMNPRST", 6) + self.of(DIGITS, 2) + self.pick(*"ABCDEHLMPRST") + f"{self.random.randint(1, 28):02d}" + \
            self.pick(*"ABCDEFGHL") + self.of(DIGITS, 3)
        total = sum(odd[c] if i % 2 == 0 else int(c) if c.isdigit() else ord(c) - 65 for i, c in enumerate(body))
        return body + chr(65 + total % 26)

    def nl_bsn(self):
        body = self.of("123456789", 8)
        check = sum(int(d) * w for d, w in zip(body, range(9, 1, -1))) % 11
        return self.nl_bsn() if check == 10 else body + str(check)

    def pl_pesel(self):
        body = f"{self.of(DIGITS, 2)}{self.random.randint(1, 12):02d}{self.random.randint(1, 28):02d}{self.of(DIGITS, 4)}"
        return body + str(-sum(int(d) * w for d, w in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3))) % 10)

    def in_aadhaar(self):
        body = self.pick(*"23456789") + self.of(DIGITS, 10)
        return self.form(body + next(d for d in DIGITS if verhoeff(body + d) == 0), 4, 4, 4)

    def in_pan(self):
        return self.of(UPPER, 3) + "P" + self.of(UPPER, 1) + self.of(DIGITS, 4) + self.of(UPPER, 1)

    def br_cpf(self):
        body = self.of(DIGITS, 9)
        for _ in range(2):
            rest = sum(int(d) * w for d, w in zip(body, range(len(body) + 1, 1, -1))) % 11
            body += str(0 if rest < 2 else 11 - rest)
        return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"

    def br_cnpj(self):
        body = self.of(DIGITS, 8) + "0001"
        for start in (5, 6):
            weights = [(start - 2 - i) % 8 + 2 for i in range(len(body))]
            rest = sum(int(d) * w for d, w in zip(body, weights)) % 11
            body += str(0 if rest < 2 else 11 - rest)
        return f"{body[:2]}.{body[2:5]}.{body[5:8]}/{body[8:12]}-{body[12:]}"

    def crypto_address(self):
        letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
        payload = b"\0" + self.random.randbytes(20)
        number, out = int.from_bytes(payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4], "big"), ""
        while number:
            number, digit = divmod(number, 58)
            out = letters[digit] + out
        return "1" + out

    def passport(self):
        return self.pick(self.of(UPPER, 2) + self.of(DIGITS, 7), self.of(DIGITS, 9), "C" + self.of(DIGITS, 8))

    def birth_date(self):
        month = self.pick("January", "March", "May", "October")
        day, year = self.random.randint(1, 28), self.random.randint(1940, 2005)
        return self.pick(f"{day} {month} {year}", f"{month} {day}, {year}", f"{year}-0{self.random.randint(1, 9)}-{day:02d}", f"{day:02d}/04/{year}")

    def coordinates(self):
        return f"{self.random.uniform(-80, 80):.5f}, {self.random.uniform(-170, 170):.5f}"

    def street_address(self):
        name = self.pick("Baker", "Mill", "Station", "North Canal", "Old Weir")
        return self.pick(f"{self.random.randint(1, 999)} {name} {self.pick('Street', 'Avenue', 'Road', 'Lane')}",
                         f"{self.pick('Haupt', 'Mühlen', 'Bahnhof')}straße {self.random.randint(1, 99)}")


CONTEXTS = {
    "email": ["Please write to {} before Friday.", "Contact: {}", "From: A Miller <{}>", '{{"owner": "{}", "n": 3}}'],
    "phone": ["Call us at {} any time.", "Tel. {}", "phone={};name=x", "My mobile number is {}."],
    "ipv4": ["Failed login from {} port 22", "client {} said hello", "Host {} is up", "[{}] GET /index.html"],
    "ipv6": ["Failed login from {} port 22", "client {} said hello", "resolved to {}."],
    "mac_address": ["link/ether {} brd", "The card's address is {}.", "dhcp: {} asked"],
    "credit_card": ["Charge my card {} please.", "credit card: {}", "Paid by Visa {} on Monday"],
    "iban": ["Transfer it to {} today.", "IBAN: {}", "account;{};EUR"],
    "us_ssn": ["My SSN is {}.", "ssn: {}", "The social security number {} belongs to her."],
    "us_itin": ["His ITIN is {}.", "taxpayer number {}"],
    "uk_nino": ["National insurance number {} on the slip.", "NINO: {}", "Her number {} was wrong"],
    "uk_nhs": ["NHS number {}", "The patient's number is {}."],
    "de_tax_id": ["Steuer-ID: {}", "Meine Identifikationsnummer lautet {}."],
    "fr_insee": ["Numéro de sécurité sociale {}", "NIR : {}", "INSEE {}"],
    "es_dni": ["DNI: {}", "con documento {} y domicilio"],
    "it_fiscal_code": ["Codice fiscale {}", "nato a Roma, {}, residente"],
    "nl_bsn": ["BSN {}", "burgerservicenummer: {}"],
    "pl_pesel": ["PESEL: {}", "nr PESEL {}"],
    "in_aadhaar": ["Aadhaar number {}", "aadhaar: {}"],
    "in_pan": ["PAN: {}", "Permanent account number {}"],
    "br_cpf": ["CPF {}", "portador do {} e"],
    "br_cnpj": ["CNPJ {}", "empresa {} Ltda"],
    "crypto_address": ["Donate to {} please.", "BTC: {}", "wallet={}"],
    "passport": ["Passport number {}", "Reisepass {}", "passport no. {}"],
    "birth_date": ["She was born on {} in Ulm.", "Date of birth: {}", "DOB {}"],
    "coordinates": ["GPS: {}", "location {} found", "coordinates ({})"],
    "street_address": ["She lives at {}, on the left.", "Ship to: {}"],
}


def luhn(body):
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    return str(-total % 10)


def verhoeff(number):
    multiply = [[(a + b) % 5 if a < 5 and b < 5 else (a + b - 5) % 5 + 5 if a < 5 else (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5
                 for b in range(10)] for a in range(10)]
    permute = [list(range(10))]
    for _ in range(7):
        permute.append([permute[-1][d] for d in (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)])
    check = 0
    for i, digit in enumerate(reversed(number)):
        check = multiply[check][permute[i % 8][int(digit)]]
    return check


def planted(each, seed=1):
    """[(id, text, [(kind, first byte, last byte)])]: `each` values of every kind in the sentences of its kind."""
    maker, texts = Maker(seed), []
    for kind, contexts in CONTEXTS.items():
        for i in range(each):
            value, context = getattr(maker, kind)(), contexts[i % len(contexts)]
            before = context.split("{}")[0].replace("{{", "{")
            lead = maker.pick("", "Grüße, ", "Note 7. ", "2024-03-01 12:00:01 ")
            begin = len((lead + before).encode())
            texts.append((f"{kind}-{i}", lead + context.format(value), [(kind, begin, begin + len(value.encode()))]))
    return texts


def near_misses(count, seed=2):
    """[(id, text, [])]: numbers and words that resemble the real thing and are something else."""
    maker, texts = Maker(seed), []
    m = maker
    forms = [
        lambda: f"Order {m.of(DIGITS, 10)} of {m.random.randint(1, 28)} May", lambda: f"tracking {m.of(DIGITS, 12)} and {m.of(DIGITS, 14)}",
        lambda: f"invoice no. {m.of(DIGITS, 3)}-{m.of(DIGITS, 7)}-{m.of(DIGITS, 7)}", lambda: f"commit {m.of('0123456789abcdef', 40)}",
        lambda: f"see {m.of('0123456789abcdef', 7)} and {m.of('0123456789abcdef', 12)}", lambda: f"sha256:{m.of('0123456789abcdef', 64)}",
        lambda: f"id {uuid.UUID(int=m.random.getrandbits(128))}", lambda: f"ISBN 978-{m.of(DIGITS, 1)}-{m.of(DIGITS, 3)}-{m.of(DIGITS, 5)}-{m.of(DIGITS, 1)}",
        lambda: f"ISBN {m.of(DIGITS, 10)}, ISSN {m.of(DIGITS, 4)}-{m.of(DIGITS, 4)}", lambda: f"libfoo ({m.random.randint(1, 9)}.{m.random.randint(1, 40)}.{m.random.randint(1, 9)}-{m.random.randint(1, 9)}) unstable",
        lambda: f"version {m.random.randint(1, 9)}.{m.random.randint(0, 60)}.{m.random.randint(0, 60)}.{m.random.randint(0, 60)} came out",
        lambda: f"at {m.random.randint(1500000000, 1800000000)} or {m.random.randint(1500000000000, 1800000000000)} ms",
        lambda: f"{m.random.randint(1990, 2030)}-{m.random.randint(10, 12)}-{m.random.randint(10, 28)}T10:{m.random.randint(10, 59)}:{m.random.randint(10, 59)}.{m.of(DIGITS, 6)}Z",
        lambda: f"range {m.random.randint(100, 999)}-{m.random.randint(1000, 9999)}", lambda: f"part 4{m.of(DIGITS, 11)}",
        lambda: wrong_card(m), lambda: wrong_iban(m), lambda: f"DOI 10.{m.of(DIGITS, 4)}/{m.of(DIGITS, 7)}.{m.of(DIGITS, 7)}", lambda: f"RFC {m.of(DIGITS, 4)}, bug #{m.of(DIGITS, 6)}, CVE-2024-{m.of(DIGITS, 5)}",
        lambda: f"from 10.{m.random.randint(0, 255)}.{m.random.randint(0, 255)}.1 to 192.168.0.{m.random.randint(1, 254)}", lambda: f"EUR {m.of(DIGITS, 3)},{m.of(DIGITS, 3)}.{m.of(DIGITS, 2)} of {m.of(DIGITS, 9)}",
        lambda: f"std::vector<{m.pick('int', 'bad', 'face')}>::{m.pick('begin', 'add', 'dead')}()", lambda: f"logo@2x.png and icon@{m.random.randint(2, 4)}x.webp, user@host, @decorator",
        lambda: f"the matrix {m.of(DIGITS, 3)} {m.of(DIGITS, 3)} {m.of(DIGITS, 3)} {m.of(DIGITS, 3)}", lambda: f"pi is 3.{m.of(DIGITS, 15)}, e 2.{m.of(DIGITS, 10)}",
        lambda: f"released on {m.random.randint(1, 28)} March {m.random.randint(1990, 2024)}", lambda: f"model AB{m.of(DIGITS, 6)}X, serial {m.of(UPPER, 3)}{m.of(DIGITS, 6)}",
        lambda: f"{m.random.uniform(0, 90):.4f}, {m.random.uniform(0, 90):.4f} s", lambda: f"time {m.random.randint(10, 23)}:{m.random.randint(10, 59)}:{m.random.randint(10, 59)}, ratio 16:9",
        lambda: f"{m.random.randint(2, 9)} Large Eggs and {m.random.randint(2, 90)} Days Later", lambda: f"phone model {m.of(DIGITS, 4)}, {m.of(DIGITS, 2)}% of calls",
        lambda: f"EAN {m.of(DIGITS, 13)}, SKU {m.of(DIGITS, 8)}-{m.of(DIGITS, 3)}", lambda: f"mm/dd {m.of('01', 8)} 0x{m.of('0123456789abcdef', 8)} 0x{m.of('0123456789abcdef', 16)}",
        lambda: f"password: string, token = get_token(), secret_key = os.environ['{m.of(UPPER, 6)}']", lambda: f"password={m.pick('changeme', '${PASS}', '<password>', 'xxxxxxxx', 'your-password-here', 'secret')}",
        lambda: f'"api_key": "{m.pick("YOUR_API_KEY", "your-api-key-here", "xxxxxxxxxxxxxxxxxxxxxxxx", "sk-XXXXXXXXXXXXXXXXXXXXXXXX")}"', lambda: f'integrity="sha384-{base64.b64encode(m.random.randbytes(48)).decode()}"',
        lambda: f"token_count = {m.of(DIGITS, 8)}; next_page_token_id: {m.of(ALNUM, 24)}", lambda: f"ghp_{m.of('x', 36)} and AKIAIOSFODNN7EXAMPLE", lambda: f"cache-key: v2-{m.of('0123456789abcdef', 32)}"]
    for i in range(count):
        texts.append((f"none-{i}", forms[i % len(forms)](), []))
    return texts


def wrong_card(maker):
    body = "4" + maker.of(DIGITS, 14)
    wrong = body + str((int(luhn(body)) + maker.random.randint(1, 9)) % 10)
    return f"card number {maker.form(wrong, 4, 4, 4, 4)}"


def wrong_iban(maker):
    iban = list(maker.iban().replace(" ", ""))
    iban[-1] = str((int(iban[-1]) + maker.random.randint(1, 8)) % 10)
    return "IBAN " + "".join(iban)


def github(maker):
    body = maker.of(ALNUM, 30)
    crc, check, digits = binascii.crc32(body.encode()), "", DIGITS + UPPER + string.ascii_lowercase
    for _ in range(6):
        crc, digit = divmod(crc, 62)
        check = digits[digit] + check
    return "ghp_" + body + check


def jwt(maker):
    part = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    return ".".join((part(b'{"alg":"HS256","typ":"JWT"}'), part(json.dumps({"sub": maker.of(DIGITS, 8), "iat": 1700000000}).encode()),
                     part(maker.random.randbytes(32))))


def pem(maker):
    body = base64.b64encode(maker.random.randbytes(600)).decode()
    lines = "\n".join(body[i:i + 64] for i in range(0, len(body), 64))
    kind = maker.pick("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY")
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


SECRETS = {
    "aws": lambda m: "AKIA" + m.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), "aws secret": lambda m: m.of(ALNUM + "/+", 40),
    "google": lambda m: "AIza" + m.of(ALNUM + "-_", 35), "github": github, "github fine": lambda m: "github_pat_" + m.of(ALNUM, 22) + "_" + m.of(ALNUM, 59),
    "gitlab": lambda m: "glpat-" + m.of(ALNUM, 20), "slack": lambda m: f"xoxb-{m.of('123456789', 12)}-{m.of('123456789', 12)}-{m.of(ALNUM, 24)}",
    "stripe": lambda m: "sk_live_" + m.of(ALNUM, 24), "openai": lambda m: "sk-" + m.of(ALNUM, 20) + "T3BlbkFJ" + m.of(ALNUM, 20),
    "anthropic": lambda m: "sk-ant-api03-" + m.of(ALNUM + "-_", 93) + "AA", "hugging face": lambda m: "hf_" + m.of(string.ascii_letters, 34),
    "npm": lambda m: "npm_" + m.of(ALNUM, 36), "pypi": lambda m: "pypi-AgEIcHlwaS5vcmc" + m.of(ALNUM + "-_", 60), "sendgrid": lambda m: f"SG.{m.of(ALNUM, 22)}.{m.of(ALNUM, 43)}",
    "telegram": lambda m: f"{m.of('123456789', 10)}:AA{m.of(ALNUM, 33)}", "twilio": lambda m: "SK" + m.of("0123456789abcdef", 32),
    "jwt": jwt, "pem": pem, "url": lambda m: f"postgres://app:{m.of(ALNUM, 14)}@db.internal.net:5432/corn", "password": lambda m: m.of(ALNUM + "!#%", 14),
    "api key": lambda m: m.of(ALNUM, 32), "shopify": lambda m: "shpat_" + m.of("0123456789abcdef", 32), "digitalocean": lambda m: "dop_v1_" + m.of("0123456789abcdef", 64),
    "databricks": lambda m: "dapi" + m.of("0123456789abcdef", 32)}
NAMES = {"aws secret": "aws_secret_access_key", "password": "db_password", "api key": "api_key", "url": "DATABASE_URL", "telegram": "bot_token",
         "twilio": "twilio_api_key", "pem": "key"}


def with_secrets(each, seed=3):
    """[(id, text, [(kind, first byte, last byte)])]: files as programs and their settings have them, a secret in each."""
    maker, texts = Maker(seed), []
    for kind, make in SECRETS.items():
        for i in range(each):
            value, name = make(maker), NAMES.get(kind, kind.replace(" ", "_") + "_token")
            form = i % 3
            if kind == "pem":
                form = 3
            lines = {0: f'import os\n\n{name} = "{{}}"\nclient = Client({name})\n', 1: f"# settings\nPORT=8080\n{name.upper()}={{}}\nDEBUG=0\n",
                     2: f'{{\n  "region": "eu-1",\n  "{name}": "{{}}",\n  "retries": 3\n}}\n', 3: "# a key\n{}\n"}[form]
            begin = len(lines.split("{}")[0].encode())
            if form == 2:
                lines = lines.replace("{{", "{")
            text = lines.replace("{}", value, 1)
            texts.append((f"{kind.replace(' ', '-')}-{i}", text, [(kind, text.encode().index(value.encode()), text.encode().index(value.encode()) + len(value.encode()))]))
    return texts
