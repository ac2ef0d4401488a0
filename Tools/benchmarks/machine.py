"""What the figures were measured on: the machine and the versions of everything that was compared."""
import os
import platform
import re
import subprocess


def first_line(*command):
    """The first line that a program prints about itself; None where it is not there."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (result.stdout + result.stderr).strip().splitlines()
    return lines[0].strip() if lines else None


def processor():
    """The model as the system names it."""
    try:
        with open("/proc/cpuinfo") as file:
            found = re.search(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
            if found:
                return found.group(1).strip()
    except OSError:
        pass
    return first_line("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()


def memory():
    """Bytes of main memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def machine():
    """One line."""
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory() / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    )


def versions(root):
    """What was compared, each with its exact version; a list of texts."""
    import duckdb
    import numpy
    import sklearn

    commit = first_line("git", "-C", root, "describe", "--always", "--dirty", "--abbrev=10")
    found = [f"Tessera {commit}" if commit else "Tessera"]
    swift = re.search(r"Swift version (\S+)", first_line("swift", "--version") or "")
    found.append("Swift " + (swift.group(1) if swift else "unknown"))
    found.append(first_line("gzip", "--version") or "no gzip")
    igzip = first_line("igzip", "--version")
    found.append(igzip if igzip else "no igzip")
    found += [f"DuckDB {duckdb.__version__}", f"scikit-learn {sklearn.__version__}", f"NumPy {numpy.__version__}"]
    try:
        import pyarrow

        found.append(f"PyArrow {pyarrow.__version__}")
    except ImportError:
        pass
    found.append("Python " + platform.python_version())
    return found
