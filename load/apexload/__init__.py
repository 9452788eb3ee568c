"""The library of the load scenarios: what is measured, how it is judged, how it is shown.

    histogram  measures  series      what is kept of a run; values only, no clock, no gevent
    pieces  arrivals                 how load goes up and down; when each request of the open model is due
    checks  sse                      what must hold for an answer
    result  gates  baseline          a run as a file; its limits; two runs side by side
    report/                          HTML, JUnit XML, the terminal
    preflight  launch  progress      what `apex-mock load` does around Locust
    options  meter  users  tasks  rpc  locusts      inside Locust: only these import it, or gevent

A scenario (`load/chat.py`) is a Locust file of a few lines over `users` and `tasks`.
"""
