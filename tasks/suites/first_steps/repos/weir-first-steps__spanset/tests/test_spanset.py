import io
import unittest

from spanset import SpanError, SpanSet, parse
from spanset.cli import main


class SpanSetTest(unittest.TestCase):
    def test_membership(self):
        pages = parse("1-5,8,10-12")
        self.assertEqual([n for n in range(14) if n in pages], [1, 2, 3, 4, 5, 8, 10, 11, 12])

    def test_add_joins_neighbours(self):
        pages = parse("1-5,8")
        pages.add(6, 8)
        self.assertEqual(str(pages), "1-8")

    def test_discard(self):
        pages = parse("1-9")
        pages.discard(3, 5)
        self.assertEqual(str(pages), "1-2,5-9")

    def test_operators(self):
        left, right = parse("1-5,9"), parse("4-7")
        self.assertEqual(str(left | right), "1-7,9")
        self.assertEqual(str(left & right), "4-5")
        self.assertEqual(str(left - right), "1-3,9")

    def test_widen(self):
        self.assertEqual(str(parse("1-2,4,8").widen(1)), "1-4,8")

    def test_empty_span_is_refused(self):
        with self.assertRaises(SpanError):
            SpanSet([(3, 3)])


class TextTest(unittest.TestCase):
    def test_round_trip(self):
        self.assertEqual(str(parse(" 10-12, 1 - 5 ,8,")), "1-5,8,10-12")

    def test_negative_numbers(self):
        self.assertEqual(list(parse("-3--1")), [(-3, 0)])

    def test_backwards_range(self):
        with self.assertRaises(SpanError):
            parse("5-1")

    def test_nonsense(self):
        with self.assertRaises(SpanError):
            parse("1-5,x")


class CommandLineTest(unittest.TestCase):
    def run_main(self, *argv):
        out = io.StringIO()
        self.assertEqual(main(list(argv), out), 0)
        return out.getvalue().strip()

    def test_union(self):
        self.assertEqual(self.run_main("union", "1-3", "4-9"), "1-9")

    def test_gaps(self):
        self.assertEqual(self.run_main("gaps", "1-3,7-9"), "4-6")

    def test_size(self):
        self.assertEqual(self.run_main("size", "1-3", "3-4"), "4")


if __name__ == "__main__":
    unittest.main()
