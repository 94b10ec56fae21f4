# The commands of Xueshi. Each prepares what it needs (bin/bootstrap) and then becomes the program that it starts,
# so that a signal to make reaches it.
.PHONY: help run test attacks faults load bench bench-sockets bench-peers bench-reads bench-gate bench-media check lock
.DEFAULT_GOAL := help

help:
	@echo "make run      the demo at http://127.0.0.1:8000 (PORT, DATA_DIR, DATABASE_URL, REDIS_URL)"
	@echo "make test     the test suite (TESTS=tests/unit for a part)"
	@echo "make attacks  every attack and every bad day against a running system, and the table of other rules beside ours"
	@echo "make faults   kill -9 of every part under fifty writers (MINUTES=10 SEED=any), and what broken systems lose"
	@echo "make load     learners of mixed honesty over real sockets (MINUTES=60 LEARNERS=5000 RATE=1333 WEBS=1 FAULTS=1 ACK_EARLY=1)"
	@echo "make bench-sockets  the memory of a socket that does little (SOCKETS=20000 WEBS=2)"
	@echo "make bench    beats a second of one web process, beside a naive server and a bare echo (SECONDS SOCKETS VARIANTS TURNS)"
	@echo "make bench-peers  Kolibri's progress updates beside our beats in one run (SECONDS CONNECTIONS SOCKETS)"
	@echo "make bench-reads  what pages and the gate cost (LEARNERS=1000,1000000 SECONDS)"
	@echo "make bench-gate  what a decision of the gate costs, and seats booked a second (LEARNERS=100000 SECONDS)"
	@echo "make bench-media  our converter beside one plain ffmpeg command and one run per rendition (SECONDS=60 ROUNDS=2)"
	@echo "make check    lint, format, types, imports, templates, migrations, translations"
	@echo "make lock     write requirements/*.txt and package-lock.json anew from pyproject.toml and package.json"

run:
	@exec sh bin/bootstrap run

TESTS ?=
test:
	@exec sh bin/bootstrap test $(TESTS)

attacks:
	@exec sh bin/bootstrap test tests/attacks tests/honest

faults:
	@exec sh bin/bootstrap faults

load:
	@exec sh bin/bootstrap load

bench-sockets:
	@exec sh bin/bootstrap bench-sockets

bench:
	@exec sh bin/bootstrap bench

bench-peers:
	@exec sh bin/bootstrap bench-peers

bench-reads:
	@exec sh bin/bootstrap bench-reads

bench-gate:
	@exec sh bin/bootstrap bench-gate

bench-media:
	@exec sh bin/bootstrap bench-media

check:
	@exec sh bin/bootstrap check

lock:
	@exec sh bin/bootstrap lock
