"""Loops are cut, rows survive interrupted writes, small vocabularies borrow the nearest row, GGUF blocks decode."""

import numpy as np
import torch

from slipstream_train.gguf import dequantise_bytes
from slipstream_train.loops import cut, loop_starts
from slipstream_train.row_subset import choose_rows
from slipstream_train.rows import ANSWER, IGNORED, PROMPT, Rows, append_rows, read_rows
from slipstream_train.smollm2_weights import to_half_split


def test_a_loop_ends_where_an_ngram_comes_for_the_third_time():
    period = 20
    fine = np.arange(200) % 190
    looping = np.concatenate((np.arange(500, 530), np.resize(np.arange(period), 170)))
    starts = loop_starts(np.stack((fine, looping)).astype(np.uint16))
    # The first 16-gram of the loop is complete for the third time 30 + 2 periods + 16 tokens into the row.
    assert starts.tolist() == [200, 30 + 2 * period + 16]


def test_cuts_after_a_written_end_but_not_a_given_one():
    tokens = np.array([[5, 2, 6, 7, 2, 8], [5, 2, 6, 7, 2, 8]], dtype=np.uint16)
    kinds = np.array([[PROMPT, PROMPT, ANSWER, ANSWER, ANSWER, ANSWER]] * 2, dtype=np.uint8)
    result = cut(tokens, kinds, ends=(2,), from_row=np.array([True, False]))
    assert result[0].tolist() == [PROMPT, PROMPT, ANSWER, ANSWER, ANSWER, IGNORED]
    assert result[1].tolist() == kinds[1].tolist()


def test_appends_after_what_was_counted(tmp_path):
    def rows(value: int) -> Rows:
        return Rows(*(np.full((3, width), value) for width in (4, 4, 2)))

    append_rows(tmp_path, rows(1))
    with (tmp_path / "tokens.bin").open("ab") as file:
        file.write(b"half a row")
    assert append_rows(tmp_path, rows(2)) == 6
    found = read_rows(tmp_path)
    assert found.tokens[:, 0].tolist() == [1, 1, 1, 2, 2, 2] and found.about.shape == (6, 2)


def test_ids_without_a_row_borrow_the_nearest():
    embedding = torch.tensor([[1.0, 0], [0, 1], [2, 0.1], [0.1, -3], [0, -1]])
    row_of_id, id_of_row = choose_rows(torch.tensor([9, 8, 1, 0, 5]), embedding, 3, always=[])
    assert id_of_row.tolist() == [0, 1, 4]
    assert row_of_id.tolist() == [0, 1, 0, 2, 2]
    _, forced = choose_rows(torch.tensor([9, 8, 1, 0, 5]), embedding, 3, always=[3])
    assert forced.tolist() == [0, 1, 3]


def test_dequantises_blocks_made_by_hand():
    levels = np.arange(32) % 16
    packed = (levels[:16] | (levels[16:] << 4)).astype(np.uint8).tobytes()
    scale, offset = np.float16(0.5).tobytes(), np.float16(-1.25).tobytes()
    q4_0 = dequantise_bytes(np.frombuffer(scale + packed, dtype=np.uint8), "q4_0")
    q4_1 = dequantise_bytes(np.frombuffer(scale + offset + packed, dtype=np.uint8), "q4_1")
    signed = np.arange(-16, 16, dtype=np.int8)
    q8_0 = dequantise_bytes(np.frombuffer(scale + signed.tobytes(), dtype=np.uint8), "q8_0")
    assert q4_0.tolist() == ((levels - 8) * 0.5).tolist()
    assert q4_1.tolist() == (levels * 0.5 - 1.25).tolist()
    assert q8_0.tolist() == (signed * 0.5).tolist()


def test_undoes_ggufs_order_of_rotated_rows():
    wanted = np.arange(16.0).reshape(16, 1)  # 2 heads of 8
    stored = wanted.reshape(2, 2, 4, 1).swapaxes(1, 2).reshape(16, 1)
    assert stored[:4, 0].tolist() == [0, 4, 1, 5]
    assert np.array_equal(to_half_split(stored, 2), wanted)
