"""The JSON Schema of scenario files, for editors: completion, descriptions and checks while one types."""

from __future__ import annotations

from typing import Any

from scenarios.fields import Json
from scenarios.merging import COLLECTIONS
from scenarios.reflection import Parameter, parameters
from scenarios.schema.scenario import Scenario
from scenarios.settings import known_policies
from sim.disruptions import DISRUPTIONS


def schema() -> Json:
    """The JSON Schema (draft 2020-12) of scenario files, with every registered disruption and policy.

    Any key may be missing: a file that extends another one says only what differs.
    """
    made = Scenario.model_json_schema(by_alias=True, mode="validation")
    definitions = made["$defs"]
    for path, id_key in COLLECTIONS.items():
        owner = _owner(made, definitions, path)
        if path != ("disruptions",):
            owner["properties"][path[-1]] = _collection(owner["properties"][path[-1]], id_key, definitions)
    properties = made["properties"]
    properties["disruptions"] = _disruptions(properties["disruptions"])
    properties["policies"] = _policies(properties["policies"])
    definitions["PolicyChangeSpec"]["properties"]["policies"] = {"$ref": "#/properties/policies"}
    made["patternProperties"] = {"^x-": {"description": "Ignored: a place for YAML anchors."}}
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Peakproof scenario"
    made.pop("required", None)
    for definition in definitions.values():
        definition.pop("required", None)
    return made


def _owner(made: Json, definitions: Json, path: tuple[str, ...]) -> Json:
    """The schema of the section that holds a collection."""
    owners = {"carriers": "CarrierSpec", "channels": "ChannelSpec", "fraud": "FraudSpec", "rules": "RulesSpec"}
    owner: Json = definitions[owners[path[0]]] if len(path) > 1 else made
    return owner


def _collection(listed: Json, id_key: str, definitions: Json) -> Json:
    """A list of entries, or a mapping by name whose null removes an inherited entry."""
    forms = listed.get("oneOf") or listed.get("anyOf") or [listed]
    array = next(form for form in forms if form.get("type") == "array")
    entry = array["items"]
    by_name = {
        "type": "object",
        "additionalProperties": {"anyOf": [entry, {"type": "null"}]},
        "not": {"anyOf": [{"required": ["table"]}, {"required": ["generate"]}]},
    }
    rest = [form for form in forms if form is not array]
    bare = {"type": "array", "items": entry}
    made = {"description": listed.get("description", ""), "anyOf": [by_name, bare, *rest]}
    assert id_key in definitions[entry["$ref"].rsplit("/", 1)[-1]]["properties"]
    return made


def _disruptions(listed: Json) -> Json:
    kinds = [_disruption(kind, cls) for kind, cls in sorted(DISRUPTIONS.items())]
    entry = {"anyOf": kinds}
    return {
        "description": listed.get("description", ""),
        "anyOf": [
            {"type": "object", "additionalProperties": {"anyOf": [*kinds, {"type": "null"}]}},
            {"type": "array", "items": entry},
        ],
    }


def _disruption(kind: str, cls: type[Any]) -> Json:
    keys: Json = {"kind": {"const": kind}, "name": {"type": "string"}}
    keys |= {key: _parameter(parameter) for key, parameter in parameters(cls).items()}
    keys |= {
        "mtbf": {"description": "mean time between failures, instead of at"},
        "mttr": {"description": "mean time to repair, instead of duration"},
    }
    return {
        "type": "object",
        "description": _summary(cls),
        "properties": keys,
        "additionalProperties": False,
        "required": ["kind"],
    }


def _policies(chosen: Json) -> Json:
    decisions = known_policies(solvers=True)
    return {
        "type": "object",
        "description": chosen.get("description", ""),
        "properties": {decision: _decision(known) for decision, known in decisions.items()},
        "additionalProperties": False,
    }


def _decision(known: Any) -> Json:
    with_parameters = [
        {
            "type": "object",
            "description": _summary(cls),
            "properties": {
                "name": {"const": name},
                "parameters": {
                    "type": "object",
                    "properties": {key: _parameter(p) for key, p in parameters(cls).items()},
                    "additionalProperties": False,
                },
            },
            "required": ["name"],
            "additionalProperties": False,
        }
        for name, cls in known.items()
    ]
    return {"anyOf": [{"enum": list(known)}, *with_parameters]}


def _parameter(parameter: Parameter) -> Json:
    return {"description": parameter.accepted}


def _summary(cls: type[Any]) -> str:
    return " ".join((cls.__doc__ or "").split("\n\n")[0].split())
