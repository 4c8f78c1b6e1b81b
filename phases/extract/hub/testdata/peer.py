"""Runs Python's huggingface_hub for the Go tests.

Reads one job per line on standard input, answers one JSON object per line.
Every job runs in a process of its own, because the library reads its
environment while it is imported:

    {"env": {...}, "repo": ..., "revision": ..., "file": ...,
     "offline": bool, "scan": bool, "tell_sleep": path, "safetensors": bool,
     "folder": path}

With "safetensors" the job reads the headers of the repository's checkpoint
in place of a file; with "folder" it lists that folder of a dataset.

Pauses are recorded and not slept, unless tell_sleep names a file to make at
the first one.
"""

import json
import os
import sys
import time

# What the library needs, imported once for all jobs.
import filelock  # noqa: F401
import fsspec  # noqa: F401
import httpx  # noqa: F401
import tqdm.auto  # noqa: F401
import yaml  # noqa: F401


def describe(error):
    chain = []
    while error is not None:
        chain.append(type(error).__name__)
        error = error.__cause__
    return chain


def run(job):
    os.environ.update(job["env"])
    waits = []
    sleep = time.sleep

    def told(seconds):
        # The caller learns that somebody waits, for a lock or for a retry.
        waits.append(seconds)
        open(job["tell_sleep"], "w").close()
        sleep(seconds)

    time.sleep = told if job.get("tell_sleep") else waits.append
    import huggingface_hub
    from huggingface_hub import hf_hub_download, scan_cache_dir, try_to_load_from_cache
    from huggingface_hub.utils import disable_progress_bars, logging

    import huggingface_hub.file_download as download

    download._ETAG_RETRY_TIMEOUT = 1  # 60 s, which is not settable
    disable_progress_bars()
    logging.set_verbosity(logging.CRITICAL)
    out = {"version": huggingface_hub.__version__}
    if job.get("safetensors"):
        try:
            meta = huggingface_hub.get_safetensors_metadata(job["repo"], revision=job.get("revision") or None)
            out["tensors"] = sorted(
                f"{file} {name} {t.dtype} {list(t.shape)}"
                for file, m in meta.files_metadata.items() for name, t in m.tensors.items()
            )
            out["parameters"] = meta.parameter_count
        except BaseException as error:  # noqa: BLE001
            out["error"] = describe(error)
            out["message"] = str(error)
        return out
    if job.get("folder"):
        try:
            entries = huggingface_hub.HfApi().list_repo_tree(
                job["repo"], job["folder"], recursive=True, revision=job["revision"], repo_type="dataset"
            )
            out["files"] = [e.path for e in entries if isinstance(e, huggingface_hub.hf_api.RepoFile)]
        except BaseException as error:  # noqa: BLE001
            out["error"] = describe(error)
            out["message"] = str(error)
        return out
    try:
        path = hf_hub_download(
            job["repo"],
            job["file"],
            revision=job.get("revision") or None,
            local_files_only=bool(job.get("offline")),
            user_agent="peer/1",
        )
        with open(path, "rb") as f:
            out["content"] = f.read().decode("utf-8", "surrogateescape")
        out["path"] = path
    except BaseException as error:  # noqa: BLE001
        out["error"] = describe(error)
        out["message"] = str(error)
    if job.get("scan"):
        info = scan_cache_dir()
        out["scan"] = sorted(
            f"{r.repo_id} {rev.commit_hash} {sorted(rev.refs)} {f.file_name}"
            for r in info.repos for rev in r.revisions for f in rev.files
        )
        out["scan_warnings"] = [str(w) for w in info.warnings]
        found = try_to_load_from_cache(job["repo"], job["file"], revision=job.get("revision") or None)
        out["cached"] = found if isinstance(found, str) else "" if found is None else "known to be absent"
    out["waits"] = waits
    return out


def main():
    for line in sys.stdin:
        job = json.loads(line)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            with os.fdopen(write, "w") as pipe:
                try:
                    pipe.write(json.dumps(run(job)))
                except BaseException as error:  # noqa: BLE001
                    pipe.write(json.dumps({"crash": repr(error)}))
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            answer = pipe.read()
        os.waitpid(pid, 0)
        print(answer or '{"crash": "no answer"}', flush=True)


if __name__ == "__main__":
    main()
