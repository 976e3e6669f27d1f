import unittest

from spanset import Span, coalesce, difference, gaps, intersection


def spans(*pairs):
    return [Span(start, stop) for start, stop in pairs]


class CoalesceTest(unittest.TestCase):
    def test_empty(self):
        self.assertEqual(coalesce([]), [])

    def test_disjoint_spans_stay_apart(self):
        self.assertEqual(coalesce(spans((0, 2), (3, 5))), spans((0, 2), (3, 5)))

    def test_touching_spans_join(self):
        self.assertEqual(coalesce(spans((0, 3), (3, 5))), spans((0, 5)))

    def test_overlapping_spans_join(self):
        self.assertEqual(coalesce(spans((0, 4), (2, 7))), spans((0, 7)))

    def test_input_order_does_not_matter(self):
        self.assertEqual(coalesce(spans((8, 9), (2, 7), (0, 4))), spans((0, 7), (8, 9)))

    def test_chain(self):
        self.assertEqual(coalesce(spans((0, 2), (1, 4), (3, 6), (6, 9))), spans((0, 9)))

    def test_slack_joins_near_spans(self):
        self.assertEqual(coalesce(spans((0, 2), (4, 5), (8, 9)), slack=2), spans((0, 5), (8, 9)))

    def test_duplicates(self):
        self.assertEqual(coalesce(spans((1, 3), (1, 3))), spans((1, 3)))


class IntersectionTest(unittest.TestCase):
    def test_common_parts(self):
        left = spans((0, 5), (8, 12))
        right = spans((3, 9), (11, 20))
        self.assertEqual(intersection(left, right), spans((3, 5), (8, 9), (11, 12)))

    def test_touching_spans_share_nothing(self):
        self.assertEqual(intersection(spans((0, 5)), spans((5, 9))), [])


class DifferenceTest(unittest.TestCase):
    def test_hole(self):
        self.assertEqual(difference(spans((0, 9)), spans((3, 5))), spans((0, 3), (5, 9)))

    def test_one_cut_over_two_spans(self):
        self.assertEqual(difference(spans((0, 4), (6, 9)), spans((3, 7))), spans((0, 3), (7, 9)))

    def test_everything_removed(self):
        self.assertEqual(difference(spans((2, 4), (5, 6)), spans((0, 9))), [])


class GapsTest(unittest.TestCase):
    def test_between(self):
        self.assertEqual(gaps(spans((0, 2), (5, 6), (9, 10))), spans((2, 5), (6, 9)))

    def test_single_span_has_no_gap(self):
        self.assertEqual(gaps(spans((0, 2))), [])


if __name__ == "__main__":
    unittest.main()
