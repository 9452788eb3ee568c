"""The Apex contract, clause by clause, checked against the fake or anything else that claims to be Apex.

clause.py       what a clause is, and the book that they are all in
clauses/        the clauses, a file for each area: each is one plain function check(client)
operations.py   the calls that clauses speak of, and how each surface names them
answer.py       what a call brought back, in one form for every transport
expect.py       the words in which a clause says what it expects
clients/        one client for each transport: REST, Connect JSON, gRPC, and the OpenAI package
target.py       what is checked: where it is, what it needs, what may be done to it
control.py      moving the fake's clock and pace, where the target is a fake
runner.py       runs clauses over transports against a target and yields results; knows no pytest
report/         results as a table, HTML, JSON, JUnit XML, Markdown, and two targets side by side
conftest.py     the same runner under pytest: one item for each clause and transport

Sources of the clauses: D1 and D2 the public pages, SDK and TS the official clients, V the open-source validator.
"""
