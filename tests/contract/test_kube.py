"""The kube route of an engine."""

from __future__ import annotations

import pytest
import yaml

from core.errors import CommandFailed, PodferryError
from core.podman.model import Kind, State, Thing
from core.podman.options import PlayOptions
from tests.contract.sides import Side


def _from_store(text: str) -> str:
    """The YAML, told not to ask a registry."""
    documents = [d for d in yaml.safe_load_all(text) if d]
    for document in documents:
        for container in document["spec"]["containers"]:
            container["imagePullPolicy"] = "Never"
    return yaml.safe_dump_all(documents)


async def test_generate_for_a_pod(old: Side) -> None:
    await old.pod("shop", port=8082)
    await old.counter("shop_a", pod="shop", labels={"tier": "front"})
    await old.counter("shop-b", pod="shop")
    text = await old.engine.generate_kube("shop")
    (pod,) = [d for d in yaml.safe_load_all(text) if d["kind"] == "Pod"]
    assert pod["metadata"]["name"] == "shop"
    assert pod["metadata"]["labels"] == {"app": "shop"}
    assert [c["name"] for c in pod["spec"]["containers"]] == ["shopa", "shop-b"]
    ports = [p for c in pod["spec"]["containers"] for p in c.get("ports", ())]
    assert [(p["containerPort"], p["hostPort"]) for p in ports] == [(8088, 8082)]


async def test_generate_for_a_single_container(old: Side) -> None:
    await old.volume("Data_1.x", {})
    await old.counter("web", volume="Data_1.x", port=8081)
    text = await old.engine.generate_kube("web")
    (pod,) = [d for d in yaml.safe_load_all(text) if d["kind"] == "Pod"]
    assert pod["metadata"]["name"] == "web-pod"
    (volume,) = pod["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == "data-1.x"
    (mount,) = pod["spec"]["containers"][0]["volumeMounts"]
    assert mount["mountPath"] == "/data"
    assert mount["name"] == volume["name"]


async def test_generate_for_the_unknown(old: Side) -> None:
    with pytest.raises(PodferryError):
        await old.engine.generate_kube("nobody")


@pytest.mark.parametrize("prefix, name", [(True, "shop-shop-a"), (False, "shop-a")])
async def test_play_what_was_generated(old: Side, new: Side, prefix: bool, name: str) -> None:
    await old.pod("shop", port=8082)
    await old.counter("shop-a", pod="shop")
    text = await old.engine.generate_kube("shop")
    options = PlayOptions(networks=("podman",), no_pod_prefix=not prefix)

    await new.engine.play_kube(_from_store(text), options)

    item = (await new.engine.estate()).find("shop")
    assert item
    assert (item.kind, item.state) == (Kind.POD, State.RUNNING)
    assert [c.name for c in item.containers] == [name]
    assert item.networks == ("podman",)
    assert [p.host_port for p in item.ports] == [8082]
    assert await new.count(name) == 0


async def test_play_without_starting(old: Side, new: Side) -> None:
    await old.counter("web")
    text = await old.engine.generate_kube("web")
    await new.engine.play_kube(_from_store(text), PlayOptions(networks=("podman",), start=False))
    item = (await new.engine.estate()).find("web-pod")
    assert item
    assert item.state is State.CREATED
    assert item.running == 0


async def test_play_twice_is_refused(old: Side, new: Side) -> None:
    await old.counter("web")
    text = await old.engine.generate_kube("web")
    options = PlayOptions(networks=("podman",), no_pod_prefix=True)
    await new.engine.play_kube(_from_store(text), options)
    with pytest.raises(CommandFailed):
        await new.engine.play_kube(_from_store(text), options)
    assert await new.engine.inspect(Thing.POD, "web-pod")
    assert await new.count("web") == 0


async def test_play_nonsense(new: Side) -> None:
    with pytest.raises(CommandFailed):
        await new.engine.play_kube("kind: Nonsense\n", PlayOptions())
    with pytest.raises(CommandFailed):
        await new.engine.play_kube("{[", PlayOptions())
    assert (await new.engine.estate()).items == ()
