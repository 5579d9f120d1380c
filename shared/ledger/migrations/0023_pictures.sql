-- Which pictures an address showed when it was last seen whole. Other addresses of its article may show other crops of
-- them, so an edit of a picture is told per address, as one of the text is.

alter table article_urls add column pictures jsonb;   -- [{"url", "caption", "alternative"}]; null: not noted
