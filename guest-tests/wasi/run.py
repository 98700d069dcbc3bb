"""Runs a component with the Wasmtime that PyPI has: `run.py app.wasm arguments`. The exit code is that of the component, as far as WASI has it."""

import sys

from wasmtime import Engine, ExitTrap, Store, WasiConfig
from wasmtime.component import Component, Linker


def main() -> int:
    engine = Engine()
    store = Store(engine)
    wasi = WasiConfig()
    wasi.argv = sys.argv[1:]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    linker = Linker(engine)
    linker.add_wasip2()
    component = Component.from_file(engine, sys.argv[1])
    instance = linker.instantiate(store, component)
    interface = component.get_export_index("wasi:cli/run@0.2.0")
    run = instance.get_func(store, component.get_export_index("run", interface))
    try:
        run(store)
    except ExitTrap as exit:
        return exit.code
    return 0


sys.exit(main())
