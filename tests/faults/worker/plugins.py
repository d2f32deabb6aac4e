"""Hostile plug-ins: each body is the class of one implementation, `hostile`, under tests.bench.worker.plugins.HEAD."""

from __future__ import annotations

_CLASS = """
@impls.register
class Hostile(Base):
    name = "hostile"

    def plan(self, case, weight, bias):
        {plan}
        return super().plan(case, weight, bias)

    def call(self, *given):
        {call}
        return super().call(*given)
"""


def hostile(plan: str = "pass", call: str = "pass") -> str:
    """The class with these statements in its plan and in each call."""
    return _CLASS.format(plan=plan, call=call)


# What a plug-in does, by name; `torch` and `im2col` beside it must be ok.
ATTACKS = {
    "closes descriptors in plan": hostile(plan="os.closerange(0, 200)"),
    "closes descriptors in a call": hostile(call="os.closerange(0, 200)"),
    "closes descriptors and loops": hostile(plan="os.closerange(0, 200)\n        while True: pass"),
    "writes to every descriptor": hostile(
        plan="import contextlib\n        for d in range(3, 30):\n"
        "            with contextlib.suppress(OSError): os.write(d, b'nonsense\\n')"
    ),
    "alarm kills later": hostile(plan="signal.alarm(1)"),
    "timer raises later": hostile(
        plan="signal.signal(signal.SIGALRM, lambda *a: 1 / 0); signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)"
    ),
    "clock stands still": hostile(plan="time.perf_counter = lambda: 0.0"),
    "clock is patched in a call": hostile(call="time.perf_counter = lambda: 0.0"),
    "keeps a pool": hostile(
        plan="import concurrent.futures as f; Hostile.pool = f.ProcessPoolExecutor(2); Hostile.pool.submit(abs, 1)"
    ),
    "forks a child that stays, and ends": hostile(plan="if os.fork() == 0: time.sleep(600)\n        os._exit(5)"),
    "child in a session of its own": hostile(
        plan="import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], "
        "start_new_session=True)"
    ),
    "real-time signal": hostile(plan="os.kill(os.getpid(), 40)"),
    "kills its group": hostile(call="os.killpg(0, 9)"),
    "one thread for torch": hostile(plan="torch.set_num_threads(1)"),
    "oneDNN off": hostile(call="torch._C._set_mkldnn_enabled(False)"),
    "double by default": hostile(plan="torch.set_default_dtype(torch.float64)"),
    "gradients on": hostile(plan="torch.set_grad_enabled(True)"),
    "collector off": hostile(plan="import gc; gc.disable()"),
    "another folder": hostile(plan="os.chdir('/')"),
    "a variable": hostile(plan="os.environ['OMP_NUM_THREADS'] = '7'"),
    "nice": hostile(plan="os.nice(1)"),
    "allocates without end": hostile(
        plan="Hostile.kept = []\n        while True: Hostile.kept.append(bytearray(2**26))"
    ),
}
