import unittest

from plaintab import align_text, char_width, clip, text_width, wrap_text


class WidthTest(unittest.TestCase):
    def test_ascii(self):
        self.assertEqual(text_width("hello"), 5)

    def test_empty(self):
        self.assertEqual(text_width(""), 0)

    def test_wide_characters(self):
        self.assertEqual(text_width("\u6771\u4eac"), 4)

    def test_fullwidth_letter(self):
        self.assertEqual(char_width("\uff21"), 2)

    def test_precomposed_accent(self):
        self.assertEqual(text_width("caf\u00e9"), 4)

    def test_control_characters_take_no_room(self):
        self.assertEqual(text_width("a\x07b"), 2)


class ClipTest(unittest.TestCase):
    def test_short_text_is_kept(self):
        self.assertEqual(clip("abc", 3), "abc")

    def test_long_text(self):
        self.assertEqual(clip("abcdef", 4), "abc\u2026")

    def test_limit_of_one(self):
        self.assertEqual(clip("abc", 1), "\u2026")

    def test_no_room(self):
        self.assertEqual(clip("abc", 0), "")

    def test_wide_text_that_fits(self):
        self.assertEqual(clip("\u6771\u4eac", 4), "\u6771\u4eac")

    def test_spaces_are_kept(self):
        self.assertEqual(clip("ab  cdef", 5), "ab  \u2026")


class AlignTest(unittest.TestCase):
    def test_left(self):
        self.assertEqual(align_text("ab", 4), "ab  ")

    def test_right(self):
        self.assertEqual(align_text("ab", 4, "r"), "  ab")

    def test_centre_leans_left(self):
        self.assertEqual(align_text("ab", 5, "c"), " ab  ")

    def test_wide(self):
        self.assertEqual(align_text("\u6771", 4, "r"), "  \u6771")

    def test_too_long(self):
        self.assertEqual(align_text("abcdef", 3), "abcdef")


class WrapTest(unittest.TestCase):
    def test_words(self):
        self.assertEqual(wrap_text("one two three", 7), ["one two", "three"])

    def test_long_word(self):
        self.assertEqual(wrap_text("a bcdefgh", 3), ["a", "bcd", "efg", "h"])

    def test_wide_word(self):
        self.assertEqual(wrap_text("\u6771\u4eac\u90fd", 5), ["\u6771\u4eac", "\u90fd"])

    def test_line_breaks_are_kept(self):
        self.assertEqual(wrap_text("a\n\nb", 5), ["a", "", "b"])


if __name__ == "__main__":
    unittest.main()
